"""In whatever order extracts arrive, one by one or together, once or again, the tables end the same."""

import shutil
from collections.abc import Sequence

import pytest
from docketlink.config.load import load_source
from docketlink.contracts.tables import COURT_EVENT, PERSON_RECORD, RECEIVED_FILE, RECONCILIATION, REJECTED_ROW, SOURCE_QUALITY
from docketlink.sources.contracts import raw_tables
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs import ingest_source, measure_sources, standardise_records
from tests.courthouse import Courthouse

pytestmark = pytest.mark.slow
KEPT = "deliveries.keep_snapshots=3"
COMMON = [f"{i},Name{i},M,{'B1' if i % 2 else 'B2'},2025-{i:02d}-07" for i in range(1, 9)]
EXTRACTS: dict[str, tuple[list[str], list[str]]] = {
    "2026-01-05": ([*COMMON, "9,Gone,F,B1,2025-09-07"], ["1,1,F"]),
    "2026-01-12": ([*COMMON, "10,Late,F,B2,2027-01-01"], ["1,1,F", "2,1,C"]),
    "2026-01-19": ([*COMMON[1:], "1,Changed,M,B1,2025-01-07", "1,Twin,M,B1,2025-01-07"], ["1,1,F", "99,1,C"]),
    "2026-01-26": ([*COMMON[:6], "8,Name8,X,B2,2025-08-07", "11,New,F,B1,2026-01-20"], ["1,1,F", "1,2,C", "11,1,?"]),
}
Batches = Sequence[Sequence[str]]


def result_of(court: Courthouse, batches: Batches, *, emptied: bool) -> dict[str, dict[str, str]]:
    """Content hashes of every slice after the batches have arrived in their order; ``emptied`` clears the landing folder in between."""
    court.configure()
    for number, batch in enumerate(batches):
        if emptied:
            shutil.rmtree(court.folder / "landing", ignore_errors=True)
        for day in batch:
            court.land(day, *EXTRACTS[day])
        court.run(ingest_source, f"r{number}", KEPT)
    court.run(measure_sources, "last", KEPT)
    court.run(standardise_records, "last", KEPT)
    raw = raw_tables(load_source(court.folder / "sources" / "court.yml")).values()
    tables = [*raw, RECEIVED_FILE, REJECTED_ROW, SOURCE_QUALITY, RECONCILIATION, PERSON_RECORD, COURT_EVENT]
    return {table.full_name: court.slices(table) for table in tables}


@pytest.fixture(scope="module")
def in_order(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    court = Courthouse(tmp_path_factory.mktemp("in_order"), spark)
    result = result_of(court, [[*EXTRACTS]], emptied=False)
    assert [str(day) for day in court.dates(RECEIVED_FILE)] == [*EXTRACTS][1:]
    assert len(result["raw.rejected_row"]) == 2
    return result


batches = st.permutations([*EXTRACTS]).flatmap(
    lambda order: st.tuples(st.integers(1, 3), st.sampled_from(order)).map(
        lambda drawn: [order[: drawn[0]], order[drawn[0] :], [drawn[1]]]  # the last arrives a second time
    )
)


@given(batches=batches, emptied=st.booleans())
@settings(max_examples=2, deadline=None, derandomize=True)
def test_any_order_of_arrival_ends_in_the_same_tables(
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
    in_order: dict[str, dict[str, str]],
    batches: Batches,
    emptied: bool,
) -> None:
    court = Courthouse(tmp_path_factory.mktemp("arrivals"), spark)
    assert result_of(court, batches, emptied=emptied) == in_order

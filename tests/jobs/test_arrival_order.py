"""In whatever order extracts arrive, one by one or together, once or again, corrected or held, the tables end the same."""

import shutil
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from docketlink.config.load import load_source
from docketlink.contracts.arrivals import RECEIVED_FILE, REJECTED_ROW
from docketlink.contracts.measures import RECONCILIATION, SOURCE_QUALITY
from docketlink.contracts.records import COURT_EVENT, PERSON_RECORD
from docketlink.contracts.runs import RUN_MANIFEST
from docketlink.errors import HeldError
from docketlink.sources.contracts import raw_tables
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs import ingest_source, measure_sources, standardise_records
from tests.courthouse import COURT, Courthouse

pytestmark = pytest.mark.slow
KEPT = "deliveries.keep_snapshots=3"
COMMON = [f"{i},Name{i},M,{'B1' if i % 2 else 'B2'},2025-{i:02d}-07" for i in range(1, 9)]
HELD = "2026-02-02"
Extracts = Mapping[str, tuple[list[str], list[str]]]
EXTRACTS: Extracts = {
    "2026-01-05": ([*COMMON, "9,Gone,F,B1,2025-09-07"], ["1,1,F"]),
    "2026-01-19": ([*COMMON[1:], "1,Changed,M,B1,2025-01-07", "1,Twin,M,B1,2025-01-07", "10,Late,F,B2,2027-01-01"], ["1,1,F", "99,1,C"]),
    "2026-01-26": ([*COMMON[:6], "8,Name8,X,B2,2025-08-07", "11,New,F,B1,2026-01-20"], ["1,1,F", "1,2,C", "11,1,?"]),
    HELD: (COMMON[:4], ["1,1,F"]),  # suddenly half of the people
}
DRAFT = "12,Draft,M,B1,2025-12-07"


class Arrival(NamedTuple):
    """What lies in the landing folder when a run begins: dates of extracts, of which one may still be a draft."""

    days: Sequence[str]
    draft: str = ""


class Result(NamedTuple):
    """Content hashes of every slice, the snapshots that were held on the way, and the slices that replaced another content."""

    slices: dict[str, dict[str, str]]
    held: list[str]
    replaced: set[str]


def result_of(court: Courthouse, arrivals: Sequence[Arrival], extracts: Extracts, *, emptied: bool) -> Result:
    """The tables after the arrivals in their order, what is held accepted by the flag; ``emptied`` clears the landing folder in between."""
    held: list[str] = []
    for number, arrival in enumerate(arrivals):
        if emptied:
            shutil.rmtree(court.folder / "landing", ignore_errors=True)
        for day in arrival.days:
            people, results = extracts[day]
            court.land(day, [*people, DRAFT] if day == arrival.draft else people, results)
        try:
            court.run(ingest_source, f"r{number}", KEPT)
        except HeldError as error:
            held += error.held
            court.run(ingest_source, f"r{number}", KEPT, f"deliveries.accept=[{','.join(error.held)}]")
    court.run(measure_sources, "last", KEPT)
    court.run(standardise_records, "last", KEPT)
    raw = raw_tables(load_source(court.folder / "sources" / "court.yml")).values()
    tables = [*raw, RECEIVED_FILE, REJECTED_ROW, SOURCE_QUALITY, RECONCILIATION, PERSON_RECORD, COURT_EVENT]
    written = court.lake.read(RUN_MANIFEST).where("`table` = 'raw.court_person' AND replaced_hash <> content_hash AND rows > 0")
    return Result({table.full_name: court.slices(table) for table in tables}, held, {row.slice for row in written.collect()})


def arrivals_of(extracts: Extracts) -> st.SearchStrategy[list[Arrival]]:
    """The extracts in any order and two batches, then one of them a second time: as it was, or in place of a draft."""

    def batches(order: list[str]) -> st.SearchStrategy[list[Arrival]]:
        drawn = st.tuples(st.integers(1, len(order) - 1), st.sampled_from(order), st.booleans())
        return drawn.map(lambda d: arrivals(order, *d))

    def arrivals(order: list[str], cut: int, again: str, as_it_was: bool) -> list[Arrival]:
        draft = "" if as_it_was else again
        return [Arrival(order[:cut], draft), Arrival(order[cut:], draft), Arrival([again])]

    return st.permutations([*extracts][::-1]).flatmap(batches)  # the first to be drawn is the hardest: the newest first, and as a draft


@pytest.fixture(scope="module")
def in_order(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    court = Courthouse(tmp_path_factory.mktemp("in_order"), spark)
    court.configure()
    result = result_of(court, [Arrival([*EXTRACTS])], EXTRACTS, emptied=False)
    assert [str(day) for day in court.dates(RECEIVED_FILE)] == [*EXTRACTS][1:]
    assert len(result.slices["raw.rejected_row"]) == 1
    assert result.held == [f"court/{HELD}"]
    return result.slices


@given(arrivals=arrivals_of(EXTRACTS), emptied=st.booleans())
@settings(max_examples=2, deadline=None, derandomize=True)
def test_any_order_of_arrival_ends_in_the_same_tables(
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
    in_order: dict[str, dict[str, str]],
    arrivals: list[Arrival],
    emptied: bool,
) -> None:
    court = Courthouse(tmp_path_factory.mktemp("arrivals"), spark)
    court.configure()
    result = result_of(court, arrivals, EXTRACTS, emptied=emptied)
    assert result.slices == in_order
    corrected = {arrivals[0].draft} & {*[*EXTRACTS][-3:]}
    assert {f"snapshot_date={day}" for day in corrected} == result.replaced, "a corrected extract has both hashes in the manifest"


MESSAGE = {name: {**column, "type": "text"} for name, column in COURT["tables"]["person"]["columns"].items()}
PLATFORM: dict[str, Any] = {
    "extracts": "appended",
    "tables": {
        "person": {
            **COURT["tables"]["person"],
            "native_key": ["source_file", "ordinal"],
            "latest": [{"per": ["id"], "by": ["heard"]}],
            "columns": {**MESSAGE, "heard": {**MESSAGE["heard"], "range": None}},
        },
        "result": {key: value for key, value in COURT["tables"]["result"].items() if key != "references"},
    },
    "events": [{**COURT["events"][0], "key": ["id", "heard"]}],
}
MESSAGES: Extracts = {
    "2026-01-05": (["1,First,M,B1,2025-03-01", "2,Second,M,B2,2025-01-01"], []),
    "2026-01-12": (["1,Overtaken,M,B1,2025-02-01", "2,Newer,M,B2,2025-02-01"], []),
    "2026-01-19": (["2,Newest,F,B2,2025-02-01", "3,Third,F,B1,2025-05-01"], []),
}


def standing(court: Courthouse) -> dict[str, str]:
    return {row.last_name_std: row.sex_std for row in court.lake.read(PERSON_RECORD).collect()}


@pytest.fixture(scope="module")
def messages_in_order(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    court = Courthouse(tmp_path_factory.mktemp("messages_in_order"), spark)
    court.configure(**PLATFORM)
    result = result_of(court, [Arrival([*MESSAGES])], MESSAGES, emptied=False)
    assert [str(day) for day in court.dates(RECEIVED_FILE)] == [*MESSAGES], "none is dropped: no later one holds what it does"
    assert standing(court) == {"FIRST": "M", "NEWEST": "F", "THIRD": "F"}, "the latest, of equals that of the last extract"
    return result.slices


@given(arrivals=arrivals_of(MESSAGES))
@settings(max_examples=1, deadline=None, derandomize=True)
def test_appended_messages_end_in_the_same_tables_in_any_order(
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
    messages_in_order: dict[str, dict[str, str]],
    arrivals: list[Arrival],
) -> None:
    court = Courthouse(tmp_path_factory.mktemp("messages"), spark)
    court.configure(**PLATFORM)
    assert result_of(court, arrivals, MESSAGES, emptied=True).slices == messages_in_order

"""Snapshots that come late, again, changed, too old, or suspiciously small."""

from pathlib import Path

import pytest
from docketlink.config.load import load_source
from docketlink.contracts.arrivals import RECEIVED_FILE, REJECTED_ROW
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.runs import RUN_MANIFEST
from docketlink.errors import HeldError, SourceError
from docketlink.sources.contracts import raw_tables
from pyspark.sql import SparkSession

from jobs import ingest_source, standardise_records
from tests.courthouse import Courthouse

pytestmark = pytest.mark.slow
FIRST, SECOND = "2026-01-05", "2026-01-12"
PEOPLE = [f"{i},Name{i},M,{'B1' if i < 5 else 'B2'},2025-12-{i:02d}" for i in range(1, 11)]


@pytest.fixture
def court(spark: SparkSession, tmp_path: Path) -> Courthouse:
    court = Courthouse(tmp_path, spark)
    court.configure()
    return court


def raw(court: Courthouse):
    return raw_tables(load_source(court.folder / "sources" / "court.yml"))


def test_a_snapshot_that_loses_too_many_rows_is_held_until_it_is_accepted(court: Courthouse) -> None:
    court.land(FIRST, PEOPLE, ["1,1,F"])
    court.run(ingest_source)
    court.land(SECOND, PEOPLE[:6])
    with pytest.raises(HeldError) as caught:
        court.run(ingest_source)
    assert caught.value.exit_code == 4
    for each in ("court", "person of 2026-01-12 has 40.0% fewer rows than that of 2026-01-05", "30.0%", "accept=[court/2026-01-12]"):
        assert each in str(caught.value), each
    assert [str(day) for day in court.dates(raw(court)["person"])] == [FIRST]
    assert [str(day) for day in court.dates(RECEIVED_FILE)] == [FIRST]
    court.run(ingest_source, "r2", f"deliveries.accept=[court/{SECOND}]")
    assert [str(day) for day in court.dates(raw(court)["person"])] == [FIRST, SECOND]
    court.run(ingest_source, "r3")  # what is in raw stays accepted


def test_a_snapshot_whose_values_are_spread_otherwise_is_held_and_no_value_is_told(court: Courthouse) -> None:
    court.land(FIRST, PEOPLE)
    court.land(SECOND, [line.replace(",B1,", ",B2,").replace("Name1,", "Prudence,") for line in PEOPLE])
    with pytest.raises(HeldError) as caught:
        court.run(ingest_source)
    told = str(caught.value)
    assert "the values of court are spread otherwise than those of 2026-01-05, at a distance of 0.400" in told
    assert "fewer rows" not in told
    assert "B1" not in told
    assert "Prudence" not in told
    assert [str(day) for day in court.dates(raw(court)["person"])] == [FIRST]


def test_other_files_for_a_loaded_date_are_a_new_version_with_both_hashes(court: Courthouse) -> None:
    court.land(FIRST, PEOPLE)
    court.run(ingest_source, "r1")
    person = raw(court)["person"]
    before = court.slices(person)[f"snapshot_date={FIRST}"]
    court.land(FIRST, [*PEOPLE, "11,Name11,F,B2,2025-12-11"])
    court.run(ingest_source, "r2")
    after = court.slices(person)[f"snapshot_date={FIRST}"]
    assert before != after
    manifest = court.lake.read(RUN_MANIFEST).where("run_id = 'r2' AND table = 'raw.court_person'").first()
    assert (manifest.content_hash, manifest.replaced_hash, manifest.changed) == (after, before, True)
    log = Path(court.lake.path(person)) / "_delta_log"
    newest = sorted(log.glob("*.json"))[-1].read_text()
    assert f'\\"replaced\\":[10,\\"{before}\\"' in newest
    court.run(ingest_source, "r3")
    assert sorted(log.glob("*.json"))[-1].read_text() == newest, "the same files again make no version"


def test_raw_keeps_the_newest_snapshots_and_pinned_ones_with_their_accounts(court: Courthouse) -> None:
    days = [f"2026-01-{day:02d}" for day in range(1, 6)]
    keep = ("deliveries.keep_snapshots=2", f"deliveries.pinned_snapshots=court/{days[0]}")
    for day in days[:3]:
        court.land(day, [*PEOPLE, "12,Late,M,B1,2027-01-01"], ["1,1,F", "99,1,F"])
    court.run(ingest_source, "r1")
    for day in days[3:]:
        court.land(day, PEOPLE, ["1,1,F"])
    tally = court.run(ingest_source, "r2", *keep)
    kept = [days[0], days[3], days[4]]
    assert [str(day) for day in court.dates(raw(court)["person"])] == kept
    assert [str(day) for day in court.dates(raw(court)["result"])] == kept
    assert [str(day) for day in court.dates(RECEIVED_FILE)] == kept
    assert [str(day) for day in court.dates(REJECTED_ROW)] == days[:1]
    dropped = [w for w, _ in tally.written if w.changed and not w.rows]
    assert len(dropped) == 8, "two snapshots of four tables, a commit each"
    again = court.run(ingest_source, "r3", *keep)
    assert not any(w.changed for w, _ in again.written)


def test_a_late_snapshot_does_not_change_the_people(court: Courthouse) -> None:
    court.land(SECOND, PEOPLE)
    court.run(ingest_source, "r1")
    court.run(standardise_records, "r1")
    before = court.slices(PERSON_RECORD)
    court.land(FIRST, PEOPLE[:9])
    court.run(ingest_source, "r2")
    court.run(standardise_records, "r2")
    assert [str(day) for day in court.dates(raw(court)["person"])] == [FIRST, SECOND]
    assert court.slices(PERSON_RECORD) == before


def test_a_row_that_the_latest_snapshot_lacks_is_gone_from_the_people(court: Courthouse) -> None:
    court.land(FIRST, PEOPLE)
    court.land(SECOND, [PEOPLE[0].replace("Name1", "Changed"), *PEOPLE[1:9], "11,Name11,F,B2,2025-12-11"])
    court.run(ingest_source, "r1")
    court.run(standardise_records, "r1")
    people = {row.last_name_std: str(row.snapshot_date) for row in court.lake.read(PERSON_RECORD).collect()}
    assert people == dict.fromkeys(["CHANGED", *(f"NAME{i}" for i in range(2, 10)), "NAME11"], SECOND)


def test_a_held_source_and_a_broken_one_are_told_together() -> None:
    from docketlink.runtime.holds import stopped_sources

    held, broken = HeldError("a", ["x (HELD)"], ["a/2026-01-05"]), SourceError("b", ["y (EMPTY)"])
    assert isinstance(stopped_sources({"a": held}), HeldError)
    both = stopped_sources({"b": broken, "a": held})
    assert (both.exit_code, both.faults) == (3, ("x (HELD)", "y (EMPTY)"))
    assert "deliveries.accept=[a/2026-01-05]" in str(both)

"""Every loaded snapshot is measured once; every record received is accounted for; codes that no list knows are told."""

from pathlib import Path

import pytest
import structlog
from docketlink.contracts.arrivals import RECEIVED_FILE
from docketlink.contracts.measures import RECONCILIATION, SOURCE_QUALITY
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import ingest_source, measure_sources
from tests.courthouse import Courthouse

pytestmark = pytest.mark.slow
PEOPLE = [f"{i},Name{i},{'x' if i < 4 else 'M'},{'B1' if i % 2 else 'B2'},2025-{i:02d}-07" for i in range(1, 11)]
BAD = ["x,Prudence,M,B1,2025-01-08", "11,Ann,F,B1,2025-02-30", "12,too,short", "1,Twin,M,B2,2025-03-01", "13,Di,F,B2,2027-01-01"]


def test_each_snapshot_is_measured_once_and_adds_up(spark: SparkSession, tmp_path: Path) -> None:
    court = Courthouse(tmp_path, spark)
    court.configure()
    court.land("2026-01-05", [*PEOPLE, *BAD], ["1,1,F", "99,1,C", "2,1,?"])
    court.run(ingest_source, "r1")
    with structlog.testing.capture_logs() as logs:
        court.run(measure_sources, "r1")
    unmapped = {(e["table"], e["column"]): e["share"] for e in logs if e["event"] == "codes_unmapped"}
    assert unmapped == {("person", "sex"): 0.3, ("result", "code"): 0.5}
    lines = {(r.table, r.month, r.area_code): (r.received, r.accepted, r.set_aside) for r in court.lake.read(RECONCILIATION).collect()}
    assert lines["person", "2025-01", "B1"] == (2, 1, 1)
    assert lines["person", "2025-03", "B2"] == (1, 0, 1)
    assert lines["person", "2027-01", "B2"] == (1, 0, 1)
    assert lines["person", "unknown", "B1"] == (1, 0, 1)
    assert lines["person", "unknown", "unknown"] == (1, 0, 1)
    files = court.lake.read(RECEIVED_FILE).groupBy("table").agg(F.sum("received"), F.sum("accepted"), F.sum("rejected")).collect()
    for table, *totals in files:
        assert [sum(part) for part in zip(*(n for key, n in lines.items() if key[0] == table), strict=True)] == totals
    quality = court.lake.read(SOURCE_QUALITY)
    assert quality.where("`column` = 'id' AND `table` = 'result'").agg(F.sum("set_aside")).first()[0] == 1

    assert court.run(measure_sources, "r2").unchanged
    court.land("2026-01-12", PEOPLE)
    court.run(ingest_source, "r3")
    tally = court.run(measure_sources, "r3")
    assert {w.slice for w, _ in tally.written} == {"source=court/snapshot_date=2026-01-12"}, "the first is measured already"
    assert court.run(measure_sources, "r4").unchanged
    court.run(ingest_source, "r5", "deliveries.keep_snapshots=1")
    court.run(measure_sources, "r5")
    assert [str(day) for day in court.dates(SOURCE_QUALITY)] == [str(day) for day in court.dates(RECONCILIATION)] == ["2026-01-12"]
    assert court.run(measure_sources, "r6").unchanged

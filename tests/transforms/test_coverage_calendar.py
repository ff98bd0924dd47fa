"""When the absence of an event means that nothing happened: declared windows, months against those around, migration."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from docketlink.config.coverage import Coverage
from docketlink.config.source import SourceConfig
from docketlink.transforms.coverage_calendar import coverage_calendar
from pydantic import ValidationError
from pyspark.sql import SparkSession

WINDOWS = [
    {"first": "2020-02", "last": "2020-02", "coverage": "partial", "areas": ["B1"], "note": "A flood."},
    {"first": "2020-02", "last": "2020-03", "coverage": "none", "note": "A strike."},
]


def source(name: str, **coverage: Any) -> SourceConfig:
    return SourceConfig.model_validate(
        {
            "source": name,
            "about": "A source.",
            "tables": {"person": {"about": "A person.", "native_key": ["id"], "columns": {"id": {"about": "Key."}}}},
            "record": {"table": "person", "key": ["id"], "name": {}},
            **({"coverage": coverage} if coverage else {}),
        }
    )


def calendar(
    spark: SparkSession, sources: Sequence[SourceConfig], rows: dict[tuple[str, str | None, str], int], latest: str = "2021-01-05"
) -> dict[tuple[str, str, str], Any]:
    """Source, area and month to the row of the calendar; ``rows`` holds numbers of events."""
    events = [(*key[:2], date.fromisoformat(f"{key[2]}-15")) for key, n in rows.items() for _ in range(n)]
    event = spark.createDataFrame([*events, ("old", "B1", None)], "source string, area_code string, event_date date")
    received = [(s.source, date.fromisoformat(latest)) for s in sources] + [(sources[0].source, date(2019, 1, 1))]
    received_file = spark.createDataFrame(received, "source string, snapshot_date date")
    found = coverage_calendar(event, received_file, sources).collect()
    return {(row.source, row.area_code, f"{row.month:%Y-%m}"): row for row in found}


def months(first_year: int, years: int) -> list[str]:
    return [f"{year}-{month:02d}" for year in range(first_year, first_year + years) for month in range(1, 13)]


def test_months_are_held_against_those_around(spark: SparkSession) -> None:
    steady = {("old", "B1", m): 20 for m in months(2019, 2)}
    changed = {("old", "B1", "2019-06"): 0, ("old", "B1", "2019-09"): 9, ("old", "B1", "2020-02"): 10}
    few = {("old", None, m): 4 for m in months(2019, 1)}
    quiet = {("old", "B2", "2019-01"): 1}
    hole = {("old", "B1", m): 0 for m in months(2020, 1)[4:]}
    found = calendar(spark, [source("old", first="2019-01")], {**steady, **changed, **few, **quiet, **hole})
    assert {area for _, area, _ in found} == {"B1", "B2", "unknown"}
    assert len(found) == 3 * 25, "every month from the first one declared to that of the latest snapshot"
    expected = {
        ("B1", "2019-05"): ("full", 20, 20.0),
        ("B1", "2019-06"): ("none", 0, 20.0),
        ("B1", "2019-09"): ("partial", 9, 20.0),
        ("B1", "2020-02"): ("full", 10, 20.0),
        ("B1", "2020-12"): ("none", 0, 10.0),  # in the middle of a long hole half of what was usual is still known
        ("B2", "2019-06"): ("full", 0, 0.0),
        ("unknown", "2019-06"): ("full", 4, 4.0),
    }
    assert {k: (found["old", *k].coverage, found["old", *k]["rows"], found["old", *k].expected_rows) for k in expected} == expected
    assert found["old", "B2", "2019-06"].note == "too few events to judge"
    assert not found["old", "B1", "2019-06"].is_primary_source
    assert found["old", "B1", "2019-09"].is_primary_source


def test_what_is_declared_wins_over_what_is_measured(spark: SparkSession) -> None:
    rows = {("old", area, m): 20 for area in ("B1", "B2") for m in months(2020, 1)}
    one = source("old", first="2020-01", last="2020-06", kind="continuous", windows=WINDOWS)
    found = calendar(spark, [one, source("silent")], rows)
    assert {m for *_, m in found} == {*months(2020, 1)[:6]}
    assert {row.kind for row in found.values()} == {"continuous"}
    told = {(area, m): (row.coverage, row.note) for (_, area, m), row in found.items() if m in ("2020-01", "2020-02", "2020-03")}
    assert told == {
        ("B1", "2020-01"): ("full", None),
        ("B2", "2020-01"): ("full", None),
        ("B1", "2020-02"): ("partial", "A flood."),
        ("B2", "2020-02"): ("none", "A strike."),
        ("B1", "2020-03"): ("none", "A strike."),
        ("B2", "2020-03"): ("none", "A strike."),
    }


def test_sources_that_follow_one_another_migrate_area_by_area(spark: SparkSession) -> None:
    old = {("old", "B1", m): n for m, n in zip(months(2020, 1), [40] * 5 + [30, 15, 1, 0, 0, 0, 0], strict=True) if n}
    new = {("new", "B1", m): n for m, n in zip(months(2020, 1), [0] * 5 + [10, 25, 39, 40, 40, 40, 40], strict=True) if n}
    other = {("old", "B2", m): 20 for m in months(2020, 1)}
    both = [source("old", first="2020-01", last="2020-12", covers="courts"), source("new", first="2020-01", covers="courts")]
    found = calendar(spark, both, {**old, **new, **other}, latest="2020-12-31")
    assert [found["old", "B1", m].coverage for m in months(2020, 1)] == ["full"] * 5 + ["migrating"] * 2 + ["partial"] + ["none"] * 4
    assert [found["new", "B1", m].coverage for m in months(2020, 1)] == ["none"] * 5 + ["migrating"] * 2 + ["full"] * 5
    assert [found["new", "B1", m].is_primary_source for m in months(2020, 1)] == [False] * 6 + [True] * 6
    assert {found["new", "B2", m].coverage for m in months(2020, 1)} == {"none"}
    assert all(sum(found[s, a, m].is_primary_source for s in ("old", "new")) == 1 for a in ("B1", "B2") for m in months(2020, 1))


@pytest.mark.parametrize(
    "coverage",
    [
        {"first": "2020-13"},
        {"first": "2020-02", "last": "2020-01"},
        {"first": "2020-02", "windows": [{"first": "2020-05", "last": "2020-04", "coverage": "none", "note": "x"}]},
        {"first": "2020-02", "last": "2020-04", "windows": [{"first": "2020-05", "coverage": "none", "note": "x"}]},
        {"first": "2020-02", "windows": [{"first": "2020-05", "coverage": "some", "note": "x"}]},
    ],
)
def test_a_coverage_that_cannot_be_is_refused(coverage: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        source("old", **coverage)


def test_a_coverage_is_a_snapshot_up_to_the_latest_one_unless_it_says_otherwise() -> None:
    assert Coverage(first="2020-01").model_dump() == {"first": "2020-01", "last": None, "kind": "snapshot", "covers": None, "windows": ()}

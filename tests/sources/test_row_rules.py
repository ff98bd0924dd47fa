"""Rules that need other rows: repeated groups of columns, references that lead nowhere."""

from typing import Any

import pytest
from docketlink.config.source import SourceConfig
from docketlink.sources.changes import changes, newest_rows
from docketlink.sources.rules import mark_duplicates, mark_lost
from pyspark.sql import DataFrame, SparkSession

SCHEMA = "source_file string, ordinal long, id string, other string, faults array<struct<rule:string,`column`:string>>, record_text string"
ABOUT = {"id": {"about": "Key."}, "other": {"about": "Other."}}
COURT = SourceConfig.model_validate(
    {
        "source": "court",
        "about": "A court.",
        "tables": {
            "person": {"about": "A person.", "native_key": ["id"], "unique": [["other"]], "columns": ABOUT},
            "alias": {
                "about": "A name.",
                "native_key": ["id"],
                "columns": ABOUT,
                "references": [{"table": "person", "on": {"other": "id"}}],
            },
            "link": {"about": "A link.", "native_key": ["id"], "columns": ABOUT, "references": [{"table": "link", "on": {"other": "id"}}]},
        },
        "record": {"table": "person", "key": ["id"], "name": {}},
    }
)


def parsed(spark: SparkSession, *rows: tuple[str | None, str | None], bad: tuple[int, ...] = ()) -> DataFrame:
    """Parsed records of one file; those at the places ``bad`` broke a rule of values."""
    faults = {place: [("TYPE", "id")] for place in bad}
    return spark.createDataFrame([("a", i, *row, faults.get(i, []), None) for i, row in enumerate(rows, 1)], SCHEMA)


def told(frame: DataFrame) -> list[tuple[Any, ...]]:
    return sorted((row.ordinal, *(f"{f.rule}:{f.column}" for f in row.faults)) for row in frame.collect())


@pytest.fixture
def person(spark: SparkSession) -> DataFrame:
    rows = [("1", "x"), ("2", "x"), ("1", "y"), ("3", " y "), ("4", None), ("5", ""), ("6", "z"), ("7", "z")]
    return mark_duplicates(parsed(spark, *rows, bad=(7,)), COURT.tables["person"])


def test_the_first_sound_row_of_a_unique_group_stays(person: DataFrame) -> None:
    """Row 3 repeats a native key, so that it is out when row 4 is judged; row 7 was never sound; empty values share nothing."""
    assert told(person) == [
        (1,), (2, "DUPLICATE:other"), (3, "DUPLICATE_KEY:"), (4,), (5,), (6,), (7, "TYPE:id"), (8,),
    ]  # fmt: skip


def test_a_row_that_refers_to_no_sound_row_is_set_aside(spark: SparkSession, person: DataFrame) -> None:
    alias = parsed(spark, ("a", "1"), ("b", "2"), ("c", " 3 "), ("d", "9"), ("e", None), ("f", "9"), bad=(6,))
    assert told(mark_lost(alias, COURT.tables["alias"], {"person": person})) == [
        (1,), (2, "REFERENCE:other"), (3,), (4, "REFERENCE:other"), (5,), (6, "TYPE:id"),
    ]  # fmt: skip


def test_a_table_may_refer_to_itself(spark: SparkSession) -> None:
    link = parsed(spark, ("1", "2"), ("2", None), ("3", "3"), ("4", "5"))
    assert told(mark_lost(link, COURT.tables["link"], {})) == [(1,), (2,), (3,), (4, "REFERENCE:other")]


def test_the_newest_row_of_a_key_counts_over_all_extracts(spark: SparkSession) -> None:
    rows = [("1", "a", "2026-01-05"), (" 1", "b", "2026-01-12"), ("2", "c", "2026-01-05"), ("3", "d", "2026-01-12")]
    frame = spark.createDataFrame(rows, "id string, value string, day string").selectExpr(
        "id", "value", "cast(day as date) AS snapshot_date", "'f' AS source_file", "1L AS ordinal"
    )
    assert {row.value for row in newest_rows(frame, ["id"]).collect()} == {"b", "c", "d"}
    assert newest_rows(frame, ["source_file", "ordinal"]) is frame


def test_the_distance_of_two_snapshots_is_half_the_sum_of_the_differences(spark: SparkSession) -> None:
    before = spark.createDataFrame([("A",), ("A",), ("B",), (None,)], "court string")
    now = spark.createDataFrame([(" A ",), ("C",)], "court string")
    found = {row.column: (row.rows_before, row.rows_now, row.distance) for row in changes(before, now, ["court"]).collect()}
    assert found == {"": (4, 2, 0.0), "court": (4, 2, 0.5)}
    none = {row.column: (row.rows_now, row.distance) for row in changes(before, now.where("false"), ["court"]).collect()}
    assert none == {"": (0, 1.0), "court": (0, 1.0)}

"""Rules that need other rows: repeated groups of columns, references that lead nowhere."""

from typing import Any

import pytest
from docketlink.config.source import SourceConfig
from docketlink.runtime.row_faults import row_faults
from docketlink.sources.changes import changes, newest_rows
from pyspark.sql import DataFrame, SparkSession

SCHEMA = "source_file string, ordinal long, id string, other string"
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


Value = str | None


def sound(spark: SparkSession, *rows: tuple[Value, Value], bad: tuple[int, ...] = ()) -> DataFrame:
    """Rows of one file; those at the places ``bad`` broke a rule of values, so that they are not among the sound ones."""
    return spark.createDataFrame([("a", i, *row) for i, row in enumerate(rows, 1) if i not in bad], SCHEMA)


def faults(spark: SparkSession, **tables: DataFrame) -> dict[str, list[tuple[Any, ...]]]:
    """Table to the places at fault, with rule and column."""
    every = {name: tables.get(name, spark.createDataFrame([], SCHEMA)) for name in COURT.tables}
    found = row_faults(COURT, every, lambda frame: frame)
    return {name: sorted((row.ordinal, f"{row.rule}:{row.column}") for row in places.collect()) for name, places in found.items()}


@pytest.fixture
def person(spark: SparkSession) -> DataFrame:
    rows = [("1", "x"), ("2", "x"), ("1", "y"), ("3", " y "), ("4", None), ("5", ""), ("6", "z"), ("7", "z")]
    return sound(spark, *rows, bad=(7,))


def test_the_first_sound_row_of_a_unique_group_stays(spark: SparkSession, person: DataFrame) -> None:
    """Row 3 repeats a native key, so that it is out when row 4 is judged; row 7 was never sound; empty values share nothing."""
    assert faults(spark, person=person) == {"person": [(2, "DUPLICATE:other"), (3, "DUPLICATE_KEY:")]}


def test_a_row_that_refers_to_no_sound_row_is_set_aside(spark: SparkSession, person: DataFrame) -> None:
    """Person 2 was sound and does not stand, so who refers to it is lost too."""
    alias = sound(spark, ("a", "1"), ("b", "2"), ("c", " 3 "), ("d", "9"), ("e", None), ("f", "9"), bad=(6,))
    assert faults(spark, person=person, alias=alias)["alias"] == [(2, "REFERENCE:other"), (4, "REFERENCE:other")]


def test_a_table_may_refer_to_itself(spark: SparkSession) -> None:
    link = sound(spark, ("1", "2"), ("2", None), ("3", "3"), ("4", "5"))
    assert faults(spark, link=link) == {"link": [(4, "REFERENCE:other")]}


def test_tables_without_fault_have_no_places(spark: SparkSession) -> None:
    assert faults(spark, person=sound(spark, ("1", "x"), ("2", None), ("3", None))) == {}


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

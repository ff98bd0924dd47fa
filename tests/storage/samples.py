"""A table with every kind of column that the contracts use, and rows of it."""

from datetime import UTC, date, datetime
from typing import Any

from docketlink.contracts import Field, Privacy, Table, Zone
from docketlink.storage.lake import Stamp
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DateType,
    DoubleType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    TimestampType,
)

CANARY = "ZZYZXOVICH"

PERSON = Table(
    zone=Zone.IDENTITY,
    name="person",
    grain="one person's record",
    key=("record_id",),
    fields=(
        Field("record_id", StringType(), "Its id; it's \\ a token.", True, Privacy.TOKEN),
        Field("source", StringType(), "Its source.", True, Privacy.OPERATIONAL),
        Field("last_name", StringType(), "Surname."),
        Field("name_arr", ArrayType(StringType()), "Forenames."),
        Field("date_arr", ArrayType(DateType()), "Dates."),
        Field("other_map", MapType(StringType(), StringType()), "More."),
        Field("born", DateType(), "Date of birth.", False, Privacy.QUASI),
        Field("weight", DoubleType(), "A share.", True, Privacy.OPERATIONAL),
        Field("rule", IntegerType(), "A rule.", False, Privacy.OPERATIONAL),
        Field("ordinal", LongType(), "A place.", False, Privacy.OPERATIONAL),
        Field("is_old", BooleanType(), "A flag.", False, Privacy.OPERATIONAL),
        Field("seen_at", TimestampType(), "A time.", False, Privacy.OPERATIONAL),
    ),
    partitioned_by=("source",),
    checks={"weight_is_share": "weight >= 0 AND weight <= 1"},
)

NOTE = Table(
    zone=Zone.OPS,
    name="note",
    grain="a note",
    key=("id",),
    fields=(
        Field("id", LongType(), "Number.", True, Privacy.OPERATIONAL),
        Field("text", StringType(), "What it says.", False, Privacy.OPERATIONAL),
    ),
)


def person(record_id: str, source: str = "a", **values: Any) -> tuple[Any, ...]:
    row = {
        "record_id": record_id,
        "source": source,
        "last_name": "Ó Súilleabháin",
        "name_arr": ["ZOË", None, ""],
        "date_arr": [date(1980, 2, 29)],
        "other_map": {"b": "2", "a": None},
        "born": date(1901, 1, 1),
        "weight": 0.5,
        "rule": 3,
        "ordinal": 1 << 40,
        "is_old": True,
        "seen_at": datetime(2026, 1, 5, 12, 30, 15, 123456, tzinfo=UTC),
    } | values
    return tuple(row[column] for column in PERSON.columns)


def people(spark: SparkSession, *rows: tuple[Any, ...]) -> DataFrame:
    nullable = [(f.name, f.type) for f in PERSON.fields]  # faults must reach the audit
    return spark.createDataFrame(list(rows), ", ".join(f"{name} {kind.simpleString()}" for name, kind in nullable))


def notes(spark: SparkSession, *rows: tuple[int | None, str | None]) -> DataFrame:
    return spark.createDataFrame(list(rows), "id bigint, text string")


def stamp(input_hash: str, run_id: str = "r1") -> Stamp:
    return Stamp(run_id, "a_job", input_hash)

"""The example queries of docs/tables.md run."""

import pytest
from docketlink.contracts import Table
from docketlink.contracts.events import COVERAGE_CALENDAR, PERSON_EVENT
from docketlink.contracts.research import RESEARCH_TABLES
from docketlink.contracts.tables import FIXED_TABLES
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

SHOWN = [table for table in FIXED_TABLES if table.examples]


def test_every_longitudinal_table_shows_how_it_is_used() -> None:
    assert {t.name for t in (*RESEARCH_TABLES, PERSON_EVENT, COVERAGE_CALENDAR)} <= {t.name for t in SHOWN}
    assert all({*table.examples} == {"sql", "pyspark"} for table in SHOWN)


@pytest.mark.parametrize("table", SHOWN, ids=str)
def test_an_example_runs(spark: SparkSession, table: Table) -> None:
    frame = spark.createDataFrame([], table.schema)
    frame.createOrReplaceTempView(table.name)
    assert spark.sql(table.examples["sql"]).columns
    shown = eval(table.examples["pyspark"], {table.name: frame, "F": F})
    assert shown.collect() == []

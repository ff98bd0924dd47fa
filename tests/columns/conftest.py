"""Truth tables: one frame and one action each, whatever the number of rows; a failure names the rows by their English ids."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def truth_table(spark: SparkSession) -> Callable[..., None]:
    """``truth_table(name, rule)`` applies the rule to the given columns of tests/data/<name>.yml and compares."""

    def check(name: str, rule: Callable[..., Column]) -> None:
        rows: list[dict[str, Any]] = yaml.safe_load((DATA / f"{name}.yml").read_text())
        assert len({row["id"] for row in rows}) == len(rows), "two rows share an id"
        columns = list(dict.fromkeys(key for row in rows for key in _given(row)))
        schema = StructType([StructField(c, StringType()) for c in ("law", *columns)])
        frame = spark.createDataFrame([(row["id"], *(_given(row).get(c) for c in columns)) for row in rows], schema)
        result = {row["law"]: row["actual"] for row in frame.select("law", rule(*(F.col(c) for c in columns)).alias("actual")).collect()}
        wrong = {
            row["id"]: {"given": row["given"], "expect": row["expect"], "actual": actual}
            for row in rows
            if (actual := _plain(result[row["id"]])) != row["expect"]
        }
        assert not wrong

    return check


def _given(row: dict[str, Any]) -> dict[str, str | None]:
    return row["given"] if isinstance(row["given"], dict) else {"given": row["given"]}


def _plain(value: Any) -> Any:
    return list(value.asDict().values()) if hasattr(value, "asDict") else value

"""Reads a table as analysts do who have no Spark, and compares it with what Spark reads."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars
from deltalake import DeltaTable
from pyspark.sql import Row

RowLike = Row | Mapping[str, Any]


def assert_readable_by_others(path: str | Path, version: int | None, expected_rows: Iterable[RowLike]) -> None:
    """``version`` (or the newest, when None) of the Delta table at ``path`` has ``expected_rows`` to three other readers.

    Readers: deltalake, DuckDB over deltalake's dataset, polars. Rows are Spark rows or mappings, in any order; maps are equal
    whatever the order of their entries, and times without a zone are taken to be local, as Spark's ``collect`` gives them.
    """
    expected = _counted(row.asDict() if isinstance(row, Row) else row for row in expected_rows)
    for reader, rows in _others(str(path), version):
        found = _counted(rows)
        # not the rows themselves: the message may be about people
        assert found.total() == expected.total(), f"{reader} reads {found.total()} rows, Spark {expected.total()}"
        assert found == expected, f"{reader} reads {(found - expected).total()} rows that Spark does not"


def _others(path: str, version: int | None) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    delta = DeltaTable(path, version=version)
    yield "deltalake", delta.to_pyarrow_table().to_pylist()
    with duckdb.connect() as connection:
        connection.register("delta", delta.to_pyarrow_dataset())
        yield "DuckDB", connection.sql("SELECT * FROM delta").to_arrow_table().to_pylist()
    yield "polars", polars.scan_delta(path, version=version).collect().to_dicts()


def _counted(rows: Iterable[Mapping[str, Any]]) -> Counter[str]:
    return Counter(json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True) for row in rows)


def _plain(value: Any) -> Any:
    """One form for what the readers give in several: maps come as dictionaries, pairs or structs of key and value."""
    if isinstance(value, Row):
        return _plain(value.asDict())
    if isinstance(value, Mapping):
        return sorted([key, _plain(item)] for key, item in value.items())
    if isinstance(value, list | tuple):
        if value and all(isinstance(item, tuple) and len(item) == 2 for item in value):
            return _plain(dict(value))
        if value and all(isinstance(item, Mapping) and item.keys() == {"key", "value"} for item in value):
            return _plain({item["key"]: item["value"] for item in value})
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value

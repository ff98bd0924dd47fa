"""Whether DuckDB can compute every condition of a model over its inputs, asked before any record is read."""

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import duckdb
import sqlglot
from pyspark.sql.types import ArrayType, DataType, StructType
from sqlglot import exp

from docketlink.errors import ConfigError
from docketlink.linkage.compiler import conditions
from docketlink.linkage.kernels import connection

_TYPES = {"string": "VARCHAR", "integer": "INTEGER", "long": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
_CLOCK = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.CurrentDatetime, exp.CurrentUser)


def require_computable(settings: Mapping[str, Any] | str, inputs: StructType) -> None:
    """Raise ConfigError naming every level whose condition DuckDB cannot compute from these inputs, or not twice the same.

    ``settings`` are Splink's, as a mapping or JSON. Caught here: functions that do not exist, types that do not fit, columns that
    are no inputs, and functions of the clock or of chance.
    """
    told = json.loads(settings) if isinstance(settings, str) else settings
    with connection("200MB") as con:
        columns = ", ".join(f'"{field.name}" {_duckdb_type(field.dataType)}' for field in inputs.fields)
        for side in ("l", "r"):
            con.execute(f"CREATE TABLE {side} ({columns})")
        fickle = {name for (name,) in con.sql("SELECT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'").fetchall()}
        faults = [f"{where}: {fault}" for where, sql in conditions(told) for fault in _faults(con, sql, fickle)]
    if faults:
        raise ConfigError(
            "\n  ".join(["the model cannot be computed by DuckDB:", *faults]), next_step="change the comparison in conf/models."
        )


def _faults(con: duckdb.DuckDBPyConnection, sql: str, fickle: set[str]) -> Iterator[str]:
    if by_chance := sorted(_calls(sql) & fickle) or [type(c).__name__ for c in sqlglot.parse_one(sql, read="duckdb").find_all(*_CLOCK)]:
        yield f"{', '.join(by_chance)} does not give the same every time"
    try:
        kinds = con.sql(f"SELECT {sql} FROM l, r").types  # noqa: S608 - a condition of a reviewed model; bound, not run
        if str(kinds[0]) not in ("BOOLEAN", '"NULL"'):
            yield f"the condition is {kinds[0]}, not true or false"
    except duckdb.Error as error:
        yield str(error).split("\n")[0]


def _calls(sql: str) -> set[str]:
    tokens = sqlglot.tokenize(sql, read="duckdb")
    return {a.text.lower() for a, b in pairwise(tokens) if b.text == "("}


def _duckdb_type(kind: DataType) -> str:
    if isinstance(kind, ArrayType):
        return f"{_duckdb_type(kind.elementType)}[]"
    return _TYPES.get(kind.typeName(), "VARCHAR")

"""The SQL that creates a table as its contract promises, with a log that names nobody."""

import re

from pyspark.sql.types import DateType, NumericType, StringType, TimestampNTZType, TimestampType

from docketlink.contracts.table import Field, Privacy, Table
from docketlink.errors import ContractError

# Least and greatest values of these may stand in the log. Those of any other class are a person's.
_LOGGABLE = (Privacy.TOKEN, Privacy.OPERATIONAL, Privacy.PAYLOAD)
# What Delta keeps least and greatest values of; naming another type is an error.
_WITH_STATISTICS = (NumericType, StringType, DateType, TimestampType, TimestampNTZType)
_TIMES = (DateType, TimestampType, TimestampNTZType)
_TEXT_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_NAME = re.compile(r"`((?:[^`]|``)+)`|\b([A-Za-z_]\w*)\b")


def create_table(table: Table, path: str, retention_days: int) -> str:
    """The ``CREATE TABLE`` statement of an empty ``table`` at ``path``, whose history is kept for ``retention_days``.

    The protocol stays at reader 1, writer 2, or writer 3 with checks, so that other readers than Spark can open it.
    Raises ContractError when a check or the partitioning would show an identifier: a check that fails prints the values
    of its columns, and partition values are names of folders.
    """
    _refuse_exposure(table)
    columns = ",\n  ".join(_column(f) for f in table.fields)
    partitioning = f"\nPARTITIONED BY ({', '.join(map(quoted_name, table.partitioned_by))})" if table.partitioned_by else ""
    settings = ",\n  ".join(f"{quoted_text(k)} = {quoted_text(v)}" for k, v in table_properties(table, retention_days).items())
    return f"CREATE TABLE delta.{quoted_name(path)} (\n  {columns}\n)\nUSING delta{partitioning}\nTBLPROPERTIES (\n  {settings}\n)"


def table_properties(table: Table, retention_days: int) -> dict[str, str]:
    """Delta's properties of ``table``: retention, protocol, statistics and checks."""
    return {
        # Delta refuses to read versions older than the first, and drops their log after the second: they go together.
        "delta.deletedFileRetentionDuration": f"interval {retention_days} days",
        "delta.logRetentionDuration": f"interval {retention_days} days",
        "delta.enableDeletionVectors": "false",  # platforms turn them on by default; few other readers know them
        **_statistics(table),
        **{f"delta.constraints.{name}": expression for name, expression in table.checks.items()},
    }


def columns_of(expression: str, table: Table) -> set[str]:
    """The columns of ``table`` that a SQL expression mentions, outside text literals and whatever the letter case."""
    known = {f.name.lower(): f.name for f in table.fields}
    words = ((quoted.replace("``", "`") or bare).lower() for quoted, bare in _NAME.findall(_TEXT_LITERAL.sub("''", expression)))
    return {known[word] for word in words if word in known}


def quoted_name(name: str) -> str:
    """``name`` as a SQL identifier."""
    return f"`{name.replace('`', '``')}`"


def quoted_text(text: str) -> str:
    """``text`` as a SQL literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _column(f: Field) -> str:
    required = " NOT NULL" if f.required else ""
    return f"{quoted_name(f.name)} {f.type.simpleString()}{required} COMMENT {quoted_text(f.doc)}"


def _statistics(table: Table) -> dict[str, str]:
    """Of the key and of times alone: nothing else is looked up by range, and each column costs a write as much as its data.

    By default Delta would write the least and greatest surname of every file into the log.
    """
    columns = [
        quoted_name(f.name)
        for f in table.fields
        if f.privacy in _LOGGABLE
        and isinstance(f.type, _WITH_STATISTICS if f.name in table.key else _TIMES)
        and f.name not in table.partitioned_by
    ]
    return {"delta.dataSkippingStatsColumns": ",".join(columns)} if columns else {"delta.dataSkippingNumIndexedCols": "0"}


def _refuse_exposure(table: Table) -> None:
    privacy = {f.name: f.privacy for f in table.fields}
    faults = [
        f"check '{name}' mentions the direct column '{column}', which Delta would print"
        for name, expression in table.checks.items()
        for column in sorted(columns_of(expression, table))
        if privacy[column] is Privacy.DIRECT
    ]
    faults += [
        f"partitioned by the {privacy[column]} column '{column}', which would name folders"
        for column in table.partitioned_by
        if privacy[column] not in _LOGGABLE
    ]
    if faults:
        raise ContractError(table.full_name, faults, next_step="state the rule on another column, or in a test of the transform.")

"""What Delta's log tells of a table: its commits, and the state after the newest one that changed rows."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from docketlink.contracts import Table
from docketlink.contracts.ddl import quoted_name
from docketlink.errors import StorageError
from docketlink.storage.faults import condition_of, values_withheld
from docketlink.storage.paths import is_local
from docketlink.storage.state import TableState, decoded, state_of

# Commits of others that leave every row as it was.
_UPKEEP = {"OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES", "ADD CONSTRAINT", "CHANGE COLUMN"}
_NO_TABLE = {"DELTA_TABLE_ONLY_OPERATION", "DELTA_MISSING_DELTA_TABLE", "DELTA_TABLE_NOT_FOUND", "DELTA_PATH_DOES_NOT_EXIST"}
_RECENT = 20  # commits that are looked at first: the newest change of rows is seldom further back

_COMMIT_FILE = re.compile(r"\d{20}\.json")


@dataclass(frozen=True)
class LogEntry:
    """One version in a table's log."""

    version: int
    timestamp: datetime
    operation: str
    user_metadata: str | None


def sql_name(path: str) -> str:
    """The table at ``path`` as SQL names it."""
    return f"delta.{quoted_name(path)}"


def commits_of(spark: SparkSession, table: Table, path: str, newest: int | None = None) -> list[LogEntry]:
    """The versions that the log knows, newest first, at most ``newest``; empty when there is no table.

    On disks from the log's own files, which takes milliseconds; DESCRIBE HISTORY, which starts Spark jobs, where it must be.
    """
    if is_local(path):
        return _from_files(Path(path) / "_delta_log", newest)
    return described(spark, table, path, newest)


def described(spark: SparkSession, table: Table, path: str, newest: int | None = None) -> list[LogEntry]:
    """As ``commits_of``, by DESCRIBE HISTORY."""
    limit = f" LIMIT {newest}" if newest else ""
    with values_withheld(table, "reading the history"):
        try:
            rows = spark.sql(f"DESCRIBE HISTORY {sql_name(path)}{limit}").collect()
        except PySparkException as error:
            if condition_of(error) in _NO_TABLE:
                return []
            raise
    return [LogEntry(row.version, row.timestamp.astimezone(UTC), row.operation, row.userMetadata) for row in rows]


def _from_files(folder: Path, newest: int | None) -> list[LogEntry]:
    names = sorted((name for name in os.listdir(folder) if _COMMIT_FILE.fullmatch(name)), reverse=True) if folder.is_dir() else []
    return [_entry(folder / name) for name in names[:newest]]


def _entry(file: Path) -> LogEntry:
    """Spark writes ``commitInfo`` first, other writers elsewhere or not at all."""
    told: dict[str, Any] = {}
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith('{"commitInfo"'):
                told = json.loads(line)["commitInfo"]
                break
    moment = told["timestamp"] / 1000 if "timestamp" in told else file.stat().st_mtime
    return LogEntry(int(file.stem), datetime.fromtimestamp(moment, UTC), told.get("operation", "UNKNOWN"), told.get("userMetadata"))


def state_now(spark: SparkSession, table: Table, path: str) -> TableState | None:
    """The table's state, or None when there is no table. Raises StorageError when another writer changed the rows."""
    commits = commits_of(spark, table, path, _RECENT)
    if not commits:
        return None
    state = state_after(table, commits)
    if state is None and len(commits) == _RECENT:
        state = state_after(table, commits_of(spark, table, path))
    if state is None:
        raise StorageError(f"{table}: its log knows no commit of docketlink any more.", next_step="move the table away and write it anew.")
    return state


def state_after(table: Table, commits: Sequence[LogEntry]) -> TableState | None:
    """The state after the first of ``commits`` (newest first); None when they tell nothing. Raises StorageError as ``state_now``."""
    for entry in commits:
        if told := decoded(entry.user_metadata):
            return state_of(told, commits[0].version)
        if entry.operation == "CREATE TABLE":
            return TableState(commits[0].version)
        if entry.operation not in _UPKEEP:
            raise StorageError(
                f"{table}: version {entry.version} ({entry.operation}) was not made by docketlink, so what the table holds is unknown.",
                next_step=f"look at the table's history; Lake.restore puts version {entry.version - 1} back.",
            )
    return None


def state_at(table: Table, commits: Sequence[LogEntry], version: int) -> TableState | None:
    """The state at ``version``, from all ``commits``; None and errors as ``state_after``."""
    return state_after(table, [entry for entry in commits if entry.version <= version])


def refuse_other_schema(spark: SparkSession, table: Table, path: str) -> None:
    """Raises StorageError, naming every column, when the table on disk has other columns or types than its contract."""
    with values_withheld(table, "reading the schema"):
        schema = spark.read.format("delta").load(path).schema
    held = {f.name: f.dataType.simpleString() for f in schema.fields}
    promised = {f.name: f.type.simpleString() for f in table.fields}
    faults = [
        f"'{name}' is {held.get(name, 'missing')}, promised {promised.get(name, 'nothing')}"
        for name in sorted(held.keys() | promised.keys())
        if held.get(name) != promised.get(name)
    ]
    if faults:
        raise StorageError(
            f"{table}: the table on disk differs from its contract: {'; '.join(faults)}.",
            next_step="migrate the table, or move its folder away and run from the start.",
        )

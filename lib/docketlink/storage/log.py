"""What Delta's log tells of a table: its commits, and the state after the newest one that changed rows."""

from collections.abc import Sequence

from pyspark.errors import PySparkException
from pyspark.sql import Row, SparkSession

from docketlink.contracts import Table
from docketlink.contracts.ddl import quoted_name
from docketlink.errors import StorageError
from docketlink.storage.faults import condition_of, values_withheld
from docketlink.storage.state import TableState, decoded, state_of

# Commits of others that leave every row as it was.
_UPKEEP = {"OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES", "UNSET TBLPROPERTIES", "ADD CONSTRAINT", "CHANGE COLUMN"}
_NO_TABLE = {"DELTA_TABLE_ONLY_OPERATION", "DELTA_MISSING_DELTA_TABLE", "DELTA_TABLE_NOT_FOUND", "DELTA_PATH_DOES_NOT_EXIST"}
_RECENT = 20  # commits that are looked at first: the newest change of rows is seldom further back


def sql_name(path: str) -> str:
    """The table at ``path`` as SQL names it."""
    return f"delta.{quoted_name(path)}"


def commits_of(spark: SparkSession, table: Table, path: str, newest: int | None = None) -> list[Row]:
    """Rows of DESCRIBE HISTORY, newest first, at most ``newest``; empty when there is no table."""
    limit = f" LIMIT {newest}" if newest else ""
    with values_withheld(table, "reading the history"):
        try:
            return spark.sql(f"DESCRIBE HISTORY {sql_name(path)}{limit}").collect()
        except PySparkException as error:
            if condition_of(error) in _NO_TABLE:
                return []
            raise


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


def state_after(table: Table, commits: Sequence[Row]) -> TableState | None:
    """The state after the first of ``commits`` (newest first); None when they tell nothing. Raises StorageError as ``state_now``."""
    for row in commits:
        if told := decoded(row.userMetadata):
            return state_of(told, commits[0].version)
        if row.operation == "CREATE TABLE":
            return TableState(commits[0].version)
        if row.operation not in _UPKEEP:
            raise StorageError(
                f"{table}: version {row.version} ({row.operation}) was not made by docketlink, so what the table holds is unknown.",
                next_step=f"look at the table's history; Lake.restore puts version {row.version - 1} back.",
            )
    return None


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

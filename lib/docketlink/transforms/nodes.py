"""Linking nodes: which node each landed row belongs to, and which of a node's rows is its main one."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from docketlink.columns.codes import is_one_of
from docketlink.columns.dates import parsed_date
from docketlink.columns.keys import BLANKS, first_record_key, record_key
from docketlink.config.source import SourceConfig
from docketlink.transforms.standing import standing

Raw = Mapping[str, DataFrame]  # landing table to its rows of one snapshot
Token = tuple[str, str, str]  # domain, text column, name of the token column
WithTokens = Callable[[DataFrame, Sequence[Token]], DataFrame]

KEY = "record_key"
DELETED = "record_deleted"
_ROW_DELETED = "_row_deleted"


def record_keyed(raw: Raw, source: SourceConfig) -> dict[str, DataFrame]:
    """Each table's rows with ``record_key``, the text that names their node, and ``record_deleted``.

    Rows without a node are left out; ``orphans`` lists them. A node is deleted when all its rows are; a deleted row of a
    living node is left out, and so are deleted rows of tables below it and what hangs on them. No join adds a row.
    """
    keyed = {}
    for name, frame in _resolved(raw, source).items():
        kept = frame.where(F.col(KEY).isNotNull())
        if name == source.record.table:
            keyed[name] = kept.where(F.col(_ROW_DELETED) == F.col(DELETED)).drop(_ROW_DELETED)
        else:
            keyed[name] = kept.where(~F.col(_ROW_DELETED)).drop(_ROW_DELETED)
    return keyed


def orphans(raw: Raw, source: SourceConfig) -> DataFrame:
    """``table, source_file, ordinal`` of every row that belongs to no node, or to more than one."""
    frames = [
        frame.where(F.col(KEY).isNull()).select(F.lit(name).alias("table"), "source_file", "ordinal")
        for name, frame in _resolved(raw, source).items()
    ]
    return reduce(DataFrame.unionAll, frames)


def main_marked(rows: DataFrame, source: SourceConfig) -> DataFrame:
    """The node table's rows with ``is_main``: true for one row of each node, the others are aliases.

    The main row has the largest ``main_first`` values, digits and dates by their size, then the first place in the files.
    """
    if one_row_per_node(source):
        return rows.withColumn("is_main", F.lit(True))
    order = [_sortable(name, source).desc_nulls_last() for name in source.record.main_first]
    first = Window.partitionBy(KEY).orderBy(*order, *_by_text(source), "source_file", "ordinal")
    return rows.withColumn("is_main", F.row_number().over(first) == 1)


def one_row_per_node(source: SourceConfig) -> bool:
    """Whether ingestion already guarantees that no two rows share a node."""
    return source.record.key_rule == "all" and {*source.tables[source.record.table].native_key} <= {*source.record.key}


def node_key(source: SourceConfig) -> Column:
    """The text that names the node of a row of the record's table; NULL for a row without its key."""
    record = source.record
    if record.key_rule == "first":
        return first_record_key(source.source, record.key)
    whole = reduce(Column.__and__, [_trimmed(name) != "" for name in record.key])
    return F.when(whole, record_key(source.source, record.key))


def _sortable(name: str, source: SourceConfig) -> Column:
    column = source.tables[source.record.table].columns.get(name)
    text = F.col(f"`{name}`")
    if column is None or column.type in ("digits", "decimal"):
        return text.try_cast("decimal(38,6)")
    return parsed_date(text, column.formats) if column.type == "date" else text


def _by_text(source: SourceConfig) -> list[Column]:
    """Ties of ``main_first`` fall to the native key, which stays when files are cut anew."""
    return [F.col(f"`{name}`").asc_nulls_last() for name in source.tables[source.record.table].native_key]


def _resolved(raw: Raw, source: SourceConfig) -> dict[str, DataFrame]:
    """Every table that hangs on the node table, with its key (NULL for orphans) and both deletion flags."""
    raw = standing(raw, source)
    resolved = {source.record.table: _node_rows(raw, source)}
    waiting = [name for name in source.tables if name != source.record.table and _hangs(name, source)]
    while waiting:
        for name in list(waiting):
            parent = source.tables[name].belongs_to
            if parent is not None and parent.table in resolved:
                resolved[name] = _child_rows(raw[name], name, resolved[parent.table], source)
                waiting.remove(name)
    return resolved


def _hangs(name: str, source: SourceConfig) -> bool:
    seen: set[str] = set()
    while name != source.record.table:
        parent = source.tables[name].belongs_to
        if parent is None or name in seen:
            return False
        seen.add(name)
        name = parent.table
    return True


def _node_rows(raw: Raw, source: SourceConfig) -> DataFrame:
    record = source.record
    rows = raw[record.table].withColumns({KEY: node_key(source), _ROW_DELETED: is_deleted(record.table, source)})
    if source.tables[record.table].soft_delete is None or one_row_per_node(source):
        return rows.withColumn(DELETED, F.col(_ROW_DELETED))
    return rows.withColumn(DELETED, F.min(_ROW_DELETED).over(Window.partitionBy(KEY)))


def _child_rows(rows: DataFrame, name: str, parent_rows: DataFrame, source: SourceConfig) -> DataFrame:
    parent = source.tables[name].belongs_to
    assert parent is not None  # noqa: S101 - _hangs holds
    own, theirs = list(parent.on), list(parent.on.values())
    node = parent.table == source.record.table
    lookup = parent_rows.select(
        *(_trimmed(column).alias(f"_on_{i}") for i, column in enumerate(theirs)),
        F.col(KEY),
        F.col(DELETED),
        (F.col(DELETED) if node else F.col(_ROW_DELETED)).alias("_parent_deleted"),
    )
    if not {*source.tables[parent.table].native_key} <= {*theirs}:
        lookup = _unambiguous(lookup, len(theirs))
    here = [F.coalesce(_trimmed(column), F.lit("")) for column in own]
    joined = rows.withColumns({f"_here_{i}": text for i, text in enumerate(here)}).join(
        lookup, on=[F.col(f"_here_{i}") == F.col(f"_on_{i}") for i in range(len(own))], how="left"
    )
    return joined.select(
        *rows.columns,
        KEY,
        F.coalesce(DELETED, F.lit(False)).alias(DELETED),
        (is_deleted(name, source) | F.coalesce("_parent_deleted", F.lit(False))).alias(_ROW_DELETED),
    )


def _unambiguous(lookup: DataFrame, width: int) -> DataFrame:
    """One row for each value that the children refer to; values that lead to two nodes lead to none."""
    on = [f"_on_{i}" for i in range(width)]
    grouped = lookup.groupBy(*on).agg(
        F.min(KEY).alias("_least"),
        F.max(KEY).alias("_most"),
        F.min(DELETED).alias(DELETED),
        F.min("_parent_deleted").alias("_parent_deleted"),
    )
    return grouped.select(*on, F.when(F.col("_least") == F.col("_most"), F.col("_least")).alias(KEY), DELETED, "_parent_deleted")


def is_deleted(name: str, source: SourceConfig) -> Column:
    """Whether the source withdrew a row of one of its tables. Never NULL."""
    condition = source.tables[name].soft_delete
    return F.lit(False) if condition is None else is_one_of(F.col(f"`{condition.column}`"), condition.equals)


def _trimmed(name: str) -> Column:
    return F.trim(F.col(f"`{name}`").cast("string"), F.lit(BLANKS))

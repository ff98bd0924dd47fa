"""Linking nodes: which node each landed row belongs to."""

from collections.abc import Collection, Mapping
from functools import partial, reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, StringType, StructField, StructType

from docketlink.columns.codes import is_one_of
from docketlink.columns.keys import bare
from docketlink.config.source import SourceConfig
from docketlink.transforms.kernel_keys import append_ids
from docketlink.transforms.kernel_spec import Tokens
from docketlink.transforms.specs import key_spec

Raw = Mapping[str, DataFrame]  # landing table to its rows of one snapshot

ID = "record_id"
DELETED = "record_deleted"
_ROW_DELETED = "_row_deleted"


def record_keyed(raw: Raw, source: SourceConfig, tokens: Tokens, *, of_node: Collection[str] = ()) -> dict[str, DataFrame]:
    """Each table's rows with ``record_id`` of their node, and ``record_deleted``; of the node table's columns those ``of_node``.

    Rows without a node are left out; ``orphans`` lists them. A node is deleted when all its rows are; a deleted row of a
    living node is left out, and so are deleted rows of tables below it and what hangs on them. No join adds a row.
    """
    keyed = {}
    for name, frame in _resolved(raw, source, tokens, of_node).items():
        kept = frame.where(F.col(ID).isNotNull())
        if name == source.record.table:
            keyed[name] = kept.where(F.col(_ROW_DELETED) == F.col(DELETED)).drop(_ROW_DELETED)
        else:
            keyed[name] = kept.where(~F.col(_ROW_DELETED)).drop(_ROW_DELETED)
    return keyed


def orphans(raw: Raw, source: SourceConfig, tokens: Tokens) -> DataFrame:
    """``table, source_file, ordinal`` of every row that belongs to no node, or to more than one."""
    frames = [
        frame.where(F.col(ID).isNull()).select(F.lit(name).alias("table"), "source_file", "ordinal")
        for name, frame in _resolved(raw, source, tokens, ()).items()
    ]
    return reduce(DataFrame.unionAll, frames)


def one_row_per_node(source: SourceConfig) -> bool:
    """Whether ingestion already guarantees that no two rows share a node."""
    return source.record.key_rule == "all" and {*source.tables[source.record.table].native_key} <= {*source.record.key}


def _resolved(raw: Raw, source: SourceConfig, tokens: Tokens, of_node: Collection[str]) -> dict[str, DataFrame]:
    """Every table that hangs on the node table, with its record id (NULL for orphans) and both deletion flags."""
    found = {source.record.table: _node_rows(raw[source.record.table], source, tokens, of_node)}
    waiting = [name for name in source.tables if name != source.record.table and _hangs(name, source)]
    while waiting:
        for name in list(waiting):
            parent = source.tables[name].belongs_to
            if parent is not None and parent.table in found:
                found[name] = _child_rows(raw[name], name, found[parent.table], source)
                waiting.remove(name)
    return found


def _hangs(name: str, source: SourceConfig) -> bool:
    seen: set[str] = set()
    while name != source.record.table:
        parent = source.tables[name].belongs_to
        if parent is None or name in seen:
            return False
        seen.add(name)
        name = parent.table
    return True


def _node_rows(whole: DataFrame, source: SourceConfig, tokens: Tokens, of_node: Collection[str]) -> DataFrame:
    parents = [t.belongs_to for t in source.tables.values() if t.belongs_to and t.belongs_to.table == source.record.table]
    looked_up = {column for parent in parents for column in parent.on.values()}
    rows = whole.select(*sorted({"source_file", "ordinal", *key_spec(source).needs(), *looked_up, *of_node}))
    appended = [StructField(ID, StringType()), StructField(_ROW_DELETED, BooleanType())]
    kernel = partial(append_ids, spec=key_spec(source), tokens=tokens, id_name=ID, deleted_name=_ROW_DELETED)
    named = rows.mapInArrow(kernel, StructType([*rows.schema.fields, *appended]))
    if source.tables[source.record.table].soft_delete is None or one_row_per_node(source):
        return named.withColumn(DELETED, F.col(_ROW_DELETED))
    return named.withColumn(DELETED, F.min(_ROW_DELETED).over(Window.partitionBy(ID)))


def _child_rows(rows: DataFrame, name: str, parent_rows: DataFrame, source: SourceConfig) -> DataFrame:
    parent = source.tables[name].belongs_to
    assert parent is not None  # noqa: S101 - _hangs holds
    own, theirs = list(parent.on), list(parent.on.values())
    node = parent.table == source.record.table
    lookup = parent_rows.select(
        *(bare(column).alias(f"_on_{i}") for i, column in enumerate(theirs)),
        F.col(ID),
        F.col(DELETED),
        (F.col(DELETED) if node else F.col(_ROW_DELETED)).alias("_parent_deleted"),
    )
    if not {*source.tables[parent.table].native_key} <= {*theirs}:
        lookup = _unambiguous(lookup, len(theirs))
    here = [F.coalesce(bare(column), F.lit("")) for column in own]
    joined = rows.withColumns({f"_here_{i}": text for i, text in enumerate(here)}).join(
        lookup, on=[F.col(f"_here_{i}") == F.col(f"_on_{i}") for i in range(len(own))], how="left"
    )
    return joined.select(
        *rows.columns,
        ID,
        F.coalesce(DELETED, F.lit(False)).alias(DELETED),
        (is_deleted(name, source) | F.coalesce("_parent_deleted", F.lit(False))).alias(_ROW_DELETED),
    )


def _unambiguous(lookup: DataFrame, width: int) -> DataFrame:
    """One row for each value that the children refer to; values that lead to two nodes lead to none."""
    on = [f"_on_{i}" for i in range(width)]
    grouped = lookup.groupBy(*on).agg(
        F.min(ID).alias("_least"),
        F.max(ID).alias("_most"),
        F.min(DELETED).alias(DELETED),
        F.min("_parent_deleted").alias("_parent_deleted"),
    )
    return grouped.select(*on, F.when(F.col("_least") == F.col("_most"), F.col("_least")).alias(ID), DELETED, "_parent_deleted")


def is_deleted(name: str, source: SourceConfig) -> Column:
    """Whether the source withdrew a row of one of its tables. Never NULL."""
    condition = source.tables[name].soft_delete
    return F.lit(False) if condition is None else is_one_of(F.col(f"`{condition.column}`"), condition.equals)

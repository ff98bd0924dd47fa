"""Nodes of a source as frames: one row for each, its aliases and long tables gathered into arrays, and from it record and attributes."""

from collections.abc import Collection
from datetime import date
from functools import partial, reduce

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.source import SourceConfig
from docketlink.contracts.records import PERSON_RECORD, RECORD_ATTRIBUTE
from docketlink.transforms.arrow import through
from docketlink.transforms.kernel_nodes import NODE, NodePlan, flat_nodes, gathered_nodes
from docketlink.transforms.kernel_readings import READING, child_readings, node_readings, person_batches, read_batches
from docketlink.transforms.kernel_spec import RowSpec, Tokens
from docketlink.transforms.nodes import ID, Raw, one_row_per_node, record_keyed
from docketlink.transforms.specs import child_tables, node_spec, row_spec

CROWD = 200  # people (distinct name and date of birth) above which a postcode says nothing: prisons, courts, hostels

_PERSON = pa.schema([("record_id", pa.string()), ("person", pa.int64()), ("postcode", pa.string())])


def crowded_postcodes(raw: Raw, source: SourceConfig, *, snapshot_date: date, tokens: Tokens) -> DataFrame:
    """``postcode``: those of more than ``CROWD`` people; few, records / CROWD at the very most.

    People are told apart by name and date of birth as written, which spares a second cleaning of every name.
    """
    own, rows = node_spec(source), row_spec(source, source.record.table, snapshot_date).only_people()
    table = raw[source.record.table]
    told = through(
        table.select(*sorted(own.key.needs() | rows.needs())),
        partial(person_batches, spec=own, rows=rows, id_name=ID, tokens=tokens),
        _PERSON,
    )
    children = [name for name in child_tables(source) if row_spec(source, name, snapshot_date).postcodes]
    if one_row_per_node(source) and not children:
        lived = told.where(F.col("postcode").isNotNull())
    else:
        keyed = record_keyed(raw, source, tokens)
        of_children = [_people_below(keyed[name], row_spec(source, name, snapshot_date).only_people(), tokens) for name in children]
        places = reduce(DataFrame.unionAll, [told, *of_children]).where(F.col("postcode").isNotNull()).select(ID, "postcode")
        people = told.groupBy(ID).agg(F.min("person").alias("person"))
        lived = places.join(people, ID, how="inner")
    return lived.groupBy("postcode").agg(F.count_distinct("person").alias("people")).where(F.col("people") > CROWD).select("postcode")


def _people_below(rows: DataFrame, spec: RowSpec, tokens: Tokens) -> DataFrame:
    kernel = partial(person_batches, spec=None, rows=spec, id_name=ID, tokens=tokens)
    return through(rows.select(*sorted({ID, *spec.needs()})), kernel, _PERSON)


def nodes(raw: Raw, source: SourceConfig, *, snapshot_date: date, tokens: Tokens, hot_postcodes: Collection[str]) -> DataFrame:
    """One row for each linking node of one source and snapshot, with all that its record and its attributes hold.

    The main row gives name, sex, role, status and address; aliases add names and dates of birth; every table that the
    YAML names adds postcodes, addresses, numbers, sentence dates. A missing date of birth takes the earliest of an alias.
    Of several addresses in a table of their own the first in the alphabet is the record's line, since any order of rows is chance.
    ``hot_postcodes`` are not blocked on: those of ``crowded_postcodes``, and others that are known to say nothing. Readings of a node
    are sorted together and gathered by a kernel; where each row is a node of its own, as in the largest sources, nothing is shuffled.
    """
    own, rows, children = node_spec(source), row_spec(source, source.record.table, snapshot_date), child_tables(source)
    plan = NodePlan(source.source, tuple(name for name, _, _, _ in own.other), frozenset(hot_postcodes))
    table = raw[source.record.table].select(*sorted(own.needs() | rows.needs()))
    if one_row_per_node(source) and not children:
        return through(table, partial(flat_nodes, spec=own, rows=rows, plan=plan, tokens=tokens), NODE)
    keyed = record_keyed(raw, source, tokens) if children else {}
    parts = [through(table, partial(read_batches, read=partial(node_readings, own, rows, tokens)), READING)]
    for name in children:
        spec = row_spec(source, name, snapshot_date)
        below = keyed[name].select(*sorted({ID, *spec.needs()}))
        parts.append(through(below, partial(read_batches, read=partial(child_readings, spec, ID)), READING))
    together = reduce(DataFrame.unionAll, parts).repartition(ID).sortWithinPartitions(ID)
    return through(together, partial(gathered_nodes, plan=plan), NODE)


def person_records(node: DataFrame, source: SourceConfig, *, snapshot_date: date) -> DataFrame:
    """``identity.person_record`` of the nodes of one source and snapshot."""
    return PERSON_RECORD.conform(
        node.withColumns({"source": F.lit(source.source), "snapshot_date": F.lit(snapshot_date)}).select(*PERSON_RECORD.columns)
    )


def record_attributes(node: DataFrame, source: SourceConfig) -> DataFrame:
    """``payload.record_attribute`` of the nodes of one source: from their main rows.

    A missing year of birth takes the earliest of an alias, as the person record does.
    """
    told = node.withColumns({"source": F.lit(source.source), "sex": F.col("sex_std")})
    return RECORD_ATTRIBUTE.conform(told.select(*RECORD_ATTRIBUTE.columns))

"""Court events: what happened to a record, without anything that names the person or the case."""

from collections import Counter
from functools import partial, reduce
from itertools import groupby

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.codes import is_one_of
from docketlink.columns.text import trimmed
from docketlink.config.event import EventCode, EventConfig, ReferenceList
from docketlink.config.source import SourceConfig
from docketlink.contracts.records import COURT_EVENT
from docketlink.errors import ConfigError
from docketlink.transforms.arrow import through
from docketlink.transforms.kernel_events import EVENT, OTHER, event_batches
from docketlink.transforms.kernel_spec import Tokens
from docketlink.transforms.nodes import DELETED, ID, Raw, is_deleted, one_row_per_node, record_keyed
from docketlink.transforms.specs import event_spec, key_spec

__all__ = ["OTHER", "court_events"]


def court_events(raw: Raw, source: SourceConfig, *, tokens: Tokens) -> DataFrame:
    """``payload.court_event`` of one source and snapshot: one row for each event of each row that the YAML declares.

    Rows that the source withdrew are no events, and neither are those of a withdrawn person: the source says that the contact does
    not stand, and the record's row in the spine could link it to nobody. Dates are complete or NULL, never filled up; an unknown
    type is ``other``. A table is read once, whatever the number of its declarations. Raises ConfigError when two declarations
    would give one row the same event twice.
    """
    if faults := _twice(source):
        raise ConfigError(f"source {source.source}: {'; '.join(faults)}.", next_step="give the events different types.")
    by_table = {name: [*events] for name, events in groupby(sorted(source.events, key=lambda e: e.table), key=lambda e: e.table)}
    node = source.record.table
    flat = one_row_per_node(source)
    of_node = {column for event in by_table.get(node, ()) for column in event_spec(event, source, "", "").needs()} - {""}
    below = [name for name in by_table if name != node]
    keyed = record_keyed(raw, source, tokens, of_node=() if flat else of_node) if below or (by_table and not flat) else {}
    parts = []
    for name, events in by_table.items():
        own_key = flat and name == node
        rows = raw[name] if own_key else keyed[name].where(~F.col(DELETED))
        parts.append(_events(rows, events, raw, source, tokens, own_key=own_key))
    if not parts:
        nothing = raw[node].where(F.lit(False)).select("source_file")
        parts = [through(nothing, partial(event_batches, specs=(), key=None, id_name="source_file", tokens=tokens), EVENT)]
    return COURT_EVENT.conform(reduce(DataFrame.unionByName, parts).select(*COURT_EVENT.columns))


def _events(rows: DataFrame, events: list[EventConfig], raw: Raw, source: SourceConfig, tokens: Tokens, *, own_key: bool) -> DataFrame:
    """The events of the declarations of one table."""
    specs = []
    for i, event in enumerate(events):
        words = [f"_type_word_{i}", f"_outcome_word_{i}"]
        for word, code in zip(words, (event.type, event.outcome), strict=True):
            if isinstance(code, EventCode) and code.through:
                rows = _with_words(rows, code, listed(raw, source, code.through), word)
        specs.append(event_spec(event, source, *words))
    key = key_spec(source) if own_key else None
    needed = {column for spec in specs for column in spec.needs()} | (key.needs() if key else {ID})
    kernel = partial(event_batches, specs=tuple(specs), key=key, id_name=ID, tokens=tokens)
    return through(rows.select(*sorted(needed)), kernel, EVENT)


def _with_words(rows: DataFrame, code: EventCode, entry: DataFrame, word: str) -> DataFrame:
    """``rows`` with the words of a reference list beside their ids, NULL for an id that the list lacks. No row more or less."""
    words = entry.select(F.col("id").alias("_id"), F.col("word").alias(word))
    return rows.join(F.broadcast(words), on=_text(code.column) == F.col("_id"), how="left").drop("_id")


def listed(raw: Raw, source: SourceConfig, through_list: ReferenceList) -> DataFrame:
    """``id, word``: the entries of a reference list that stand, each id once; of several words the first in the alphabet."""
    rows = raw[through_list.table].where(~is_deleted(through_list.table, source))
    if through_list.where:
        rows = rows.where(is_one_of(F.col(f"`{through_list.where.column}`"), through_list.where.equals))
    entry = rows.select(_text(through_list.key).alias("id"), _text(through_list.value).alias("word"))
    return entry.where(F.col("id").isNotNull()).groupBy("id").agg(F.min("word").alias("word"))


def _text(name: str) -> Column:
    return trimmed(F.col(f"`{name}`").cast("string"))


def _twice(source: SourceConfig) -> list[str]:
    literal = Counter((e.table, e.key or source.tables[e.table].native_key, e.type) for e in source.events if isinstance(e.type, str))
    return [f"table {table} declares the event type '{kind}' {n} times" for (table, _, kind), n in literal.items() if n > 1]

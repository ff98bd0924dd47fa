"""Court events: what happened to a record, without anything that names the person or the case."""

from collections import Counter
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.codes import is_one_of, standard_code
from docketlink.columns.dates import parsed_date, precision, without_placeholder
from docketlink.columns.keys import SEPARATOR, record_key
from docketlink.columns.text import case_reference, trimmed
from docketlink.config.source import Coded, EventCode, EventConfig, EventDate, ReferenceList, SourceConfig
from docketlink.contracts.tables import COURT_EVENT
from docketlink.errors import ConfigError
from docketlink.transforms.nodes import DELETED, KEY, Raw, WithTokens, is_deleted, record_keyed

OTHER = "other"  # the type of an event whose code the YAML does not know; its raw code stays beside it

_EVENT_KEY, _CASE_REF = "event_key", "case_ref"
_TYPE_WORD, _OUTCOME_WORD = "_type_word", "_outcome_word"


def court_events(raw: Raw, source: SourceConfig, *, with_tokens: WithTokens) -> DataFrame:
    """``payload.court_event`` of one source and snapshot: one row for each event of each row that the YAML declares.

    A row is an event where something says that it happened: a date as received, a type code, an outcome or an offence;
    an empty booking end is no release. Rows that the source withdrew are no events, and neither are those of a withdrawn
    person: the source says that the contact does not stand, and the record's row in the spine could link it to nobody.
    Dates are complete or NULL, never filled up; an unknown type is ``other``. Raises ConfigError when two declarations
    would give one row the same event twice.
    """
    if faults := _twice(source):
        raise ConfigError(f"source {source.source}: {'; '.join(faults)}.", next_step="give the events different types.")
    keyed = record_keyed(raw, source)
    living = {name: frame.where(~F.col(DELETED)) for name, frame in keyed.items()}
    parts = [_events(_looked_up(living[event.table], event, raw, source), event, source) for event in source.events]
    if not parts:
        parts = [_events(living[source.record.table].where(F.lit(False)), _nothing(source), source)]
    tokens = [("event", _EVENT_KEY, "event_id"), ("record", KEY, "record_id"), ("case", _CASE_REF, "case_ref_token")]
    event = with_tokens(reduce(DataFrame.unionByName, parts), tokens)
    return COURT_EVENT.conform(event.drop(KEY, _EVENT_KEY, _CASE_REF))


def _events(rows: DataFrame, event: EventConfig, source: SourceConfig) -> DataFrame:
    """The events of one declaration, with the texts that tokens are made of."""
    received = [
        _text(event.date.column),
        _text(event.offence),
        *(_text(c.column) for c in (event.type, event.outcome) if isinstance(c, Coded)),
    ]
    event_type = _type(event, source)
    if event.where:
        rows = rows.where(is_one_of(F.col(f"`{event.where.column}`"), event.where.equals))
    own_key = record_key(source.source, event.key or source.tables[event.table].native_key)
    return rows.where(F.coalesce(*received).isNotNull()).select(
        KEY,
        F.concat_ws(SEPARATOR, own_key, F.lit(event.table), event_type).alias(_EVENT_KEY),
        (case_reference(F.col(f"`{event.case_ref}`")) if event.case_ref else F.lit(None).cast("string")).alias(_CASE_REF),
        F.lit(source.source).alias("source"),
        event_type.alias("event_type"),
        (_text(event.type.column) if isinstance(event.type, Coded) else F.lit(None).cast("string")).alias("event_type_raw"),
        _date(event.date).alias("event_date"),
        precision(F.col(f"`{event.date.column}`"), _date(event.date), event.date.formats).alias("event_date_precision"),
        (_date(event.end_date) if event.end_date else F.lit(None).cast("date")).alias("end_date"),
        _outcome(event, source).alias("outcome_code"),
        _text(event.outcome.column if event.outcome else None).alias("outcome_code_raw"),
        _text(event.offence).alias("offence_code_raw"),
        _text(event.area).alias("area_code"),
    )


def _looked_up(rows: DataFrame, event: EventConfig, raw: Raw, source: SourceConfig) -> DataFrame:
    """``rows`` with the words of reference lists beside their ids, NULL for an id that a list lacks. No row more or less."""
    for word, code in ((_TYPE_WORD, event.type), (_OUTCOME_WORD, event.outcome)):
        if isinstance(code, EventCode) and code.through:
            entry = listed(raw, source, code.through)
            words = entry.select(F.col("id").alias("_id"), F.col("word").alias(word))
            rows = rows.join(F.broadcast(words), on=_text(code.column) == F.col("_id"), how="left").drop("_id")
    return rows


def listed(raw: Raw, source: SourceConfig, through: ReferenceList) -> DataFrame:
    """``id, word``: the entries of a reference list that stand, each id once; of several words the first in the alphabet."""
    rows = raw[through.table].where(~is_deleted(through.table, source))
    if through.where:
        rows = rows.where(is_one_of(F.col(f"`{through.where.column}`"), through.where.equals))
    entry = rows.select(_text(through.key).alias("id"), _text(through.value).alias("word"))
    return entry.where(F.col("id").isNotNull()).groupBy("id").agg(F.min("word").alias("word"))


def _standard(code: EventCode, word: str, source: SourceConfig, unmapped: str | None) -> Column:
    """The standard code of the value, or of the word that a reference list has for it."""
    codes = source.codes[code.codes] if code.codes else None
    if code.through is None:
        return standard_code(F.col(f"`{code.column}`"), codes, unmapped)
    unlisted = _text(code.column).isNotNull() & F.col(word).isNull()
    return F.when(unlisted, F.lit(unmapped)).otherwise(standard_code(F.col(word), codes, unmapped))


def _type(event: EventConfig, source: SourceConfig) -> Column:
    if isinstance(event.type, str):
        return F.lit(event.type)
    return F.coalesce(_standard(event.type, _TYPE_WORD, source, event.type.unmapped or OTHER), F.lit(OTHER))


def _outcome(event: EventConfig, source: SourceConfig) -> Column:
    if event.outcome is None:
        return F.lit(None).cast("string")
    return _standard(event.outcome, _OUTCOME_WORD, source, event.outcome.unmapped)


def _date(event_date: EventDate) -> Column:
    """The complete date, or NULL; what systems write for no date is none."""
    return without_placeholder(parsed_date(F.col(f"`{event_date.column}`"), event_date.formats))


def _text(name: str | None) -> Column:
    return F.lit(None).cast("string") if name is None else trimmed(F.col(f"`{name}`").cast("string"))


def _twice(source: SourceConfig) -> list[str]:
    literal = Counter((e.table, e.key or source.tables[e.table].native_key, e.type) for e in source.events if isinstance(e.type, str))
    return [f"table {table} declares the event type '{kind}' {n} times" for (table, _, kind), n in literal.items() if n > 1]


def _nothing(source: SourceConfig) -> EventConfig:
    """A declaration for a source without events, so that its empty frame has the promised columns."""
    table = source.tables[source.record.table]
    return EventConfig(table=source.record.table, type=OTHER, date=EventDate(column=next(iter(table.kept_columns()))))

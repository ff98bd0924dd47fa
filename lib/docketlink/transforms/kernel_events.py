"""Events: what the rows of a table say happened, with tokens in place of keys and case references; runs on executors.

Columns that repeat (codes, dates, courts) are cleaned once for each distinct value of a batch and spread over its rows by Arrow.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.cleaning.codes import standard_code
from docketlink.cleaning.dates import parsed_date, precision, without_placeholder
from docketlink.cleaning.text import KEY_BLANKS, SEPARATOR, case_reference, digits, key_part, trimmed
from docketlink.transforms.kernel_spec import CodeSpec, DateSpec, EventSpec, KeySpec, Tokens
from docketlink.transforms.kernel_values import Columns, Spread, areas, record_ids, row_deleted

OTHER = "other"  # the type of an event whose code the YAML does not know; its raw code stays beside it

EVENT = pa.schema(
    [
        ("event_id", pa.string()),
        ("record_id", pa.string()),
        ("source", pa.string()),
        ("event_type", pa.string()),
        ("event_type_raw", pa.string()),
        ("event_date", pa.date32()),
        ("event_date_precision", pa.string()),
        ("end_date", pa.date32()),
        ("outcome_code", pa.string()),
        ("outcome_code_raw", pa.string()),
        ("offence_code", pa.string()),
        ("offence_code_raw", pa.string()),
        ("offence_group", pa.string()),
        ("area_code", pa.string()),
        ("case_ref_token", pa.string()),
        ("lower_ref_token", pa.string()),
        ("episode_token", pa.string()),
        ("result_rank", pa.int32()),
        ("custody_days", pa.int32()),
        ("amount", pa.int64()),
    ]
)
_TEXT = pa.string()
_MEASURES = ("result_rank", "custody_days", "amount")
_LARGEST = 2**31 - 1  # a measure beyond it is a slip of the keyboard


def event_batches(
    batches: Iterator[pa.RecordBatch], specs: Sequence[EventSpec], key: KeySpec | None, id_name: str, tokens: Tokens
) -> Iterator[pa.RecordBatch]:
    """The events of a table's rows, one declaration after another. ``key`` names the node where the table is that of nodes.

    A row is an event where something says that it happened: a date as received, a type code, an outcome or an offence; an empty
    booking end is no release. Rows without a node and withdrawn ones are none.
    """
    makers = [_Events(spec, tokens) for spec in specs]
    for batch in batches:
        columns = Columns(batch)
        if key is None:
            record_id = columns.array(id_name)
        else:
            gone = row_deleted(columns, key.deleted)
            ids = record_ids(columns, key, tokens)
            record_id = pa.array([None if d else i for i, d in zip(ids, gone, strict=True)], _TEXT)
        for maker in makers:
            yield maker.of(batch, columns, record_id)


def _text(raw: str | None) -> str | None:
    return trimmed(raw) if raw else None


class _Events:
    """The events of one declaration."""

    def __init__(self, spec: EventSpec, tokens: Tokens) -> None:
        self._spec, self._tokens = spec, tokens
        self._trimmed = Spread(_text)
        self._date = Spread(_reader(spec.date), pa.date32())
        self._precision = Spread(_measure(spec.date))
        self._end = Spread(_reader(spec.end_date), pa.date32())
        self._type = None if isinstance(spec.type, str) else _Coded(spec.type, spec.type.unmapped or OTHER)
        self._outcome = _Coded(spec.outcome, spec.outcome.unmapped) if spec.outcome else None
        self._offence = Spread(lambda raw: _offence(raw, spec.offence_digits))
        self._group = Spread(lambda raw: spec.offence_groups.get(_offence(raw, spec.offence_digits) or ""))
        self._case = Spread(lambda raw: case_reference(raw) if raw else None)
        self._key_part = Spread(lambda raw: None if raw is None else key_part(raw))
        self._number = Spread(_whole, pa.int64())

    def of(self, batch: pa.RecordBatch, columns: Columns, record_id: Any) -> pa.RecordBatch:
        """The events of a batch; ``record_id`` is NULL where a row tells nothing."""
        spec = self._spec
        outcome_raw = self._outcome_text(columns)
        received = [self._trimmed(columns.array(name)) for name in self._received() if name]
        if outcome_raw is not None:
            received.append(self._trimmed(outcome_raw))
        happened = pc.and_(pc.is_valid(record_id), pc.is_valid(pc.coalesce(*received))) if received else pc.is_valid(record_id)
        if spec.where:
            happened = pc.and_(happened, pa.array(columns.where(spec.where), pa.bool_()))
        if not pc.any(happened).as_py():
            return _empty()
        whole = pc.all(happened).as_py()
        rows = None if whole else pa.array(np.flatnonzero(happened.to_numpy(zero_copy_only=False)))

        def kept(values: Any) -> Any:
            return values if rows is None else values.take(rows)

        chosen = batch if rows is None else batch.take(rows)
        few = Columns(chosen)
        return self._batch(few, kept(record_id), None if outcome_raw is None else kept(outcome_raw))

    def _received(self) -> list[str | None]:
        spec = self._spec
        return [spec.date.column if spec.date else None, spec.offence, None if isinstance(spec.type, str) else spec.type.column]

    def _outcome_text(self, columns: Columns) -> Any:
        """The column of outcomes; where it is empty, the first filled one of those that stand in for it."""
        if self._spec.outcome is None:
            return None
        if not self._spec.outcome_instead:
            return columns.array(self._spec.outcome.column)
        return pa.array(columns.first_filled((self._spec.outcome.column, *self._spec.outcome_instead)), _TEXT)

    def _batch(self, columns: Columns, record_id: Any, outcome_raw: Any) -> pa.RecordBatch:
        spec, rows = self._spec, columns.rows
        nothing = pa.nulls(rows, _TEXT)
        if isinstance(spec.type, str) or self._type is None:
            event_type, type_raw = pa.array([spec.type] * rows, _TEXT), nothing
        else:
            type_column = columns.array(spec.type.column)
            event_type = pc.fill_null(self._type(type_column, columns), OTHER)
            type_raw = self._trimmed(type_column)
        day = columns.array(spec.date.column) if spec.date else None
        dated = (
            (pa.nulls(rows, pa.date32()), pa.array(["unknown"] * rows, _TEXT)) if day is None else (self._date(day), self._precision(day))
        )
        offence = columns.array(spec.offence) if spec.offence else None
        return pa.RecordBatch.from_arrays(
            [
                pa.array(self._tokens("event", self._keys(columns, event_type)), _TEXT),
                record_id,
                pa.array([spec.source] * rows, _TEXT),
                event_type,
                type_raw,
                *dated,
                self._end(columns.array(spec.end_date.column)) if spec.end_date else pa.nulls(rows, pa.date32()),
                nothing if self._outcome is None else self._outcome(outcome_raw, columns),
                nothing if outcome_raw is None else self._trimmed(outcome_raw),
                nothing if offence is None else self._offence(offence),
                nothing if offence is None else self._trimmed(offence),
                nothing if offence is None else self._group(offence),
                pa.array(areas(columns, spec.area), _TEXT),
                self._cases(columns, spec.case_ref),
                self._cases(columns, spec.lower_ref),
                self._episodes(columns),
                *(self._measure(columns, f.name).cast(f.type) for f in EVENT if f.name in _MEASURES),
            ],
            schema=EVENT,
        )

    def _keys(self, columns: Columns, event_type: Any) -> list[str | None]:
        """What names each event: source and native key, table, type; a row without its native key is named without it."""
        spec = self._spec
        parts = [self._part(columns.array(name)) for name in spec.key]
        table = pa.array([spec.table] * columns.rows, _TEXT)
        own = pc.binary_join_element_wise(*parts, SEPARATOR)
        whole = (spec.source, own, table, event_type)
        named: list[str | None] = pc.binary_join_element_wise(*whole, SEPARATOR, null_handling="skip").to_pylist()
        return named

    def _part(self, column: Any) -> Any:
        if not pa.types.is_string(column.type):
            return column.cast(_TEXT)
        if pc.all(pc.string_is_ascii(column), skip_nulls=True).as_py() is not False:
            return pc.utf8_trim(column, characters=KEY_BLANKS)
        return self._key_part(column)

    def _cases(self, columns: Columns, names: Sequence[str]) -> Any:
        """Tokens of the case references in some columns."""
        if not names:
            return pa.nulls(columns.rows, _TEXT)
        return self._once(self._case(pa.array(columns.first_filled(names), _TEXT)))

    def _episodes(self, columns: Columns) -> Any:
        """Tokens of what events belong to; its name holds a separator, so that no case reference is spelt like it."""
        if not self._spec.episode:
            return pa.nulls(columns.rows, _TEXT)
        kind, names = self._spec.episode
        parts = [self._part(columns.array(name)) for name in names]
        return self._once(pc.binary_join_element_wise("episode", self._spec.source, kind, *parts, SEPARATOR))

    def _once(self, texts: Any) -> Any:
        """A token of each text, made once for each distinct one."""
        coded = texts.dictionary_encode(null_encoding="encode")
        return pa.array(self._tokens("case", coded.dictionary.to_pylist()), _TEXT).take(coded.indices)

    def _measure(self, columns: Columns, name: str) -> Any:
        column = dict(self._spec.measures).get(name)
        return pa.nulls(columns.rows, pa.int64()) if column is None else self._number(columns.array(column).cast(_TEXT))


class _Coded:
    """The standard code of a column, or of the word that a reference list has for its ids."""

    def __init__(self, spec: CodeSpec, unmapped: str | None) -> None:
        self._spec, self._unmapped = spec, unmapped
        self._code = Spread(lambda raw: standard_code(raw, spec.codes, unmapped))
        self._trimmed = Spread(_text)

    def __call__(self, raw: Any, columns: Columns) -> Any:
        if self._spec.word is None:
            return self._code(raw)
        word = columns.array(self._spec.word)
        unlisted = pc.and_(pc.is_valid(self._trimmed(raw)), pc.is_null(word))
        return pc.if_else(unlisted, pa.scalar(self._unmapped, _TEXT), self._code(word))


def _reader(spec: DateSpec | None) -> Callable[[str | None], Any]:
    """The complete date, or none; what systems write for no date is none."""
    formats = spec.formats if spec else ()
    return lambda raw: without_placeholder(parsed_date(raw, formats))


def _measure(spec: DateSpec | None) -> Callable[[str | None], str]:
    formats = spec.formats if spec else ()
    read = _reader(spec)
    return lambda raw: precision(raw, read(raw), formats)


def _offence(raw: str | None, width: int | None) -> str | None:
    """The offence code; of a numeric list all its digits, as spreadsheets drop leading zeros."""
    if not raw:
        return None
    if width is None:
        return trimmed(raw)
    number = digits(raw)
    return number.zfill(width) if number else None


def _whole(raw: str | None) -> int | None:
    """A whole number of at most nine digits or so, a fraction cut off; none for anything else."""
    text = (raw or "").strip(KEY_BLANKS).partition(".")[0]
    return int(text) if text.isascii() and text.isdigit() and int(text) <= _LARGEST else None


def _empty() -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], f.type) for f in EVENT], schema=EVENT)

"""Readings: what each row of a source says about its node, cleaned; runs on executors.

A reading is a row of READING: of the node table (``is_node``) or of a table below it, which tells aliases, addresses and numbers only.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

import pyarrow as pa

from docketlink.cleaning.dates import parsed_date
from docketlink.cleaning.text import SEPARATOR, compact, digits, trimmed, words
from docketlink.transforms.kernel_details import Details, Values, date_text
from docketlink.transforms.kernel_spec import NodeSpec, RowSpec, Tokens
from docketlink.transforms.kernel_values import Columns, Memo, areas, coder, record_ids, row_deleted, without_collector

_LIST = pa.list_(pa.string())
ADDRESS = pa.struct([("line", pa.string()), ("postcode", pa.string()), ("from_date", pa.string()), ("to_date", pa.string())])


class Reading(NamedTuple):
    """One row's part of a node; lists are None where there is nothing. ``order`` and ``tie`` choose the main one of several rows."""

    record_id: str | None
    is_node: bool = False
    deleted: bool = False
    order: str = ""
    tie: str = ""
    person_key: str | None = None
    case_key: str | None = None
    role: str | None = None
    status: str | None = None
    sex: str | None = None
    tokens: list[str] | None = None
    first_arr: list[str] | None = None
    last_arr: list[str] | None = None
    full_arr: list[str] | None = None
    birth: str | None = None
    birth_reason: str | None = None
    address: str | None = None
    addresses: list[dict[str, str | None]] | None = None
    postcodes: list[str] | None = None
    pncs: list[str] | None = None
    cros: list[str] | None = None
    known_ids: list[str] | None = None
    sentence_dates: list[str] | None = None
    reasons: list[str] | None = None
    flags: list[str] | None = None
    other: list[str | None] | None = None
    ethnicity: str | None = None
    ethnicity_raw: str | None = None
    ethnicity_officer: str | None = None
    area: str | None = None


_reading: Callable[..., Reading] = Reading  # by position, from columns side by side

_LISTS = (
    "tokens",
    "first_arr",
    "last_arr",
    "full_arr",
    "postcodes",
    "pncs",
    "cros",
    "known_ids",
    "sentence_dates",
    "reasons",
    "flags",
    "other",
)
READING = pa.schema(
    [
        (
            name,
            pa.bool_()
            if name in ("is_node", "deleted")
            else pa.list_(ADDRESS)
            if name == "addresses"
            else _LIST
            if name in _LISTS
            else pa.string(),
        )
        for name in Reading._fields
    ]
)


def node_readings(spec: NodeSpec, rows: RowSpec, tokens: Tokens) -> Callable[[pa.RecordBatch], list[Reading]]:
    """A function of a batch of node rows that gives a reading for each that has its key."""
    details, coded, ethnic = Details(rows), coder(spec.sex), coder(spec.ethnicity)
    text = Memo[str | None, str | None](lambda raw: trimmed(raw) if raw else None)
    others = [(column, _cleaner(cleaning, formats)) for _, column, cleaning, formats in spec.other]

    def read(batch: pa.RecordBatch) -> list[Reading]:
        columns = Columns(batch)

        def clean(name: str | None) -> Iterable[str | None]:
            return repeat(None) if name is None else map(text.__getitem__, columns[name])

        ids, deleted = record_ids(columns, spec.key, tokens), row_deleted(columns, spec.key.deleted)
        status = ["deleted" if gone else "linkable" for gone in deleted]
        for said, condition in reversed(spec.status):
            status = [
                said if holds and not gone else before
                for holds, gone, before in zip(columns.where(condition), deleted, status, strict=True)
            ]
        other = zip(*(map(rule, columns[column]) for column, rule in others), strict=True) if others else repeat(())
        parts = zip(  # noqa: B905 - what is not told repeats for ever
            ids, deleted, _orders(columns, spec), _ties(columns, spec), clean(spec.person_key), clean(spec.case_key), clean(spec.role),
            status, map(coded, columns[spec.sex.column]) if spec.sex else repeat(None), details.of(columns), other,
            map(ethnic, columns[spec.ethnicity.column]) if spec.ethnicity else repeat(None),
            clean(spec.ethnicity.column if spec.ethnicity else None), clean(spec.officer), areas(columns, spec.area),
        )  # fmt: skip
        return [
            _reading(
                record_id,
                True,
                gone,
                order,
                tie,
                person,
                case,
                role,
                stands,
                sex,
                *detail,
                list(further) or None,
                group,
                raw,
                officer,
                area,
            )
            for record_id, gone, order, tie, person, case, role, stands, sex, detail, further, group, raw, officer, area in parts
            if record_id is not None
        ]

    return read


def child_readings(rows: RowSpec, id_name: str) -> Callable[[pa.RecordBatch], list[Reading]]:
    """The same for rows of a table below the node's, whose record id stands in ``id_name``."""
    details = Details(rows)

    def read(batch: pa.RecordBatch) -> list[Reading]:
        columns = Columns(batch)
        return [
            _reading(record_id, False, False, "", "", None, None, None, None, None, *detail)
            for record_id, detail in zip(columns[id_name], details.of(columns), strict=True)
            if record_id is not None
        ]

    return read


def read_batches(batches: Iterator[pa.RecordBatch], read: Callable[..., Any]) -> Iterator[pa.RecordBatch]:
    """Readings as batches, for a shuffle by node; ``read`` makes the function of a batch."""
    of_batch = read()
    with without_collector():
        for batch in batches:
            yield as_batch(of_batch(batch))


def as_batch(readings: Sequence[Reading]) -> pa.RecordBatch:
    """Readings as a batch of READING."""
    values = [*zip(*readings, strict=True)] if readings else [()] * len(READING)
    return pa.RecordBatch.from_arrays([pa.array(v, f.type) for v, f in zip(values, READING, strict=True)], schema=READING)


def from_batch(batch: pa.RecordBatch) -> list[Reading]:
    """What ``as_batch`` was given."""
    return [*map(Reading._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))]


def person_batches(
    batches: Iterator[pa.RecordBatch], spec: NodeSpec | None, rows: RowSpec, id_name: str, tokens: Tokens
) -> Iterator[pa.RecordBatch]:
    """``record_id, person, postcode``: a row for each postcode of a row, and one without a postcode for a row of the node table.

    ``person`` tells people apart by name and date of birth as written: 64 bits of them, NULL in tables below the node's.
    """
    values = Values(rows)
    for batch in batches:
        columns = Columns(batch)
        ids = columns[id_name] if spec is None else record_ids(columns, spec.key, tokens)
        gone = [False] * columns.rows if spec is None else row_deleted(columns, spec.key.deleted)
        people = repeat(None) if spec is None else _written(columns, rows)
        found: list[tuple[str, int | None, str | None]] = []
        for record_id, deleted, person, codes in zip(ids, gone, people, values.postcodes(columns)):  # noqa: B905 - some repeat for ever
            if record_id is not None and not deleted:
                valid = [code.value for code in codes if code.value]
                found += [(record_id, person, code) for code in valid] if valid or spec is None else [(record_id, person, None)]
        a, b, c = zip(*found, strict=True) if found else ((), (), ())
        yield pa.RecordBatch.from_arrays(
            [pa.array(a, pa.string()), pa.array(b, pa.int64()), pa.array(c, pa.string())], ["record_id", "person", "postcode"]
        )


def _written(columns: Columns, rows: RowSpec) -> list[int]:
    """64 bits of the words of the name and the date of birth as written, by row."""
    name, born = rows.names[0], rows.births[0]
    names = [*name.forenames, *filter(None, (name.surname, name.full, born.column if born else None))]
    memo = Memo[str, int](
        lambda text: int.from_bytes(hashlib.blake2b((words(text) or "").encode(), digest_size=8).digest(), "big", signed=True)
    )
    return [memo[text] for text in columns.joined(names)]


def _orders(columns: Columns, spec: NodeSpec) -> Iterable[str]:
    """Texts of which the greatest is the main row's: numbers and dates by their size, none is least."""
    if not spec.main_first:
        return repeat("")
    parts = [map(partial(_sortable, kind=kind, formats=formats), columns[name]) for name, kind, formats in spec.main_first]
    return map(SEPARATOR.join, zip(*parts, strict=True))


def _sortable(text: str | None, kind: str, formats: tuple[str, ...]) -> str:
    if text is None:
        return "0"
    if kind in ("digits", "decimal"):
        whole, _, fraction = text.strip().lstrip("+").partition(".")
        negative = whole.startswith("-")
        padded = whole.lstrip("-").zfill(38) + "." + fraction.ljust(6, "0")
        return "1" + "".join(chr(ord("9") - ord(c) + ord("0")) if c.isdigit() else c for c in padded) if negative else "2" + padded
    if kind == "date":
        day = parsed_date(text, formats)
        return "0" if day is None else "1" + day.isoformat()
    return "1" + text


def _ties(columns: Columns, spec: NodeSpec) -> Iterable[str]:
    """Texts of which the least goes first: the native key, which stays when files are cut anew, then the place."""
    if not spec.main_first:
        return repeat("")
    keys = [["\U0010ffff" if text is None else text for text in columns[name]] for name in spec.native_key]
    place = [columns["source_file"], [(text or "").zfill(19) for text in columns["ordinal"]]]
    return map(SEPARATOR.join, zip(*keys, *place, strict=True))


def _cleaner(cleaning: str, formats: tuple[str, ...]) -> Callable[[str | None], str | None]:
    """The rule of ``other`` values, remembered."""
    rules: dict[str, Callable[[str], str | None]] = {
        "words": words,
        "digits": digits,
        "code": compact,
        "text": trimmed,
        "date_text": partial(date_text, formats=formats),
    }
    rule = rules[cleaning]
    return Memo[str | None, str | None](lambda raw: rule(raw) if raw else None).__getitem__

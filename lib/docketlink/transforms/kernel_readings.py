"""Readings: what each row of a source says about its node, cleaned; runs on executors.

A reading is a row of READING: of the node table (``is_node``) or of a table below it, which tells aliases, addresses and numbers only.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import chain, repeat
from typing import Any, NamedTuple

import pyarrow as pa

from docketlink.cleaning.dates import BirthDate, birth_date, parsed_date, reference_date, without_placeholder
from docketlink.cleaning.names import Name, Part, family_part, full_texts, given_part, name_of_full, name_of_parts
from docketlink.cleaning.postcodes import postcode
from docketlink.cleaning.registers import MISSING, Checked, cro, pnc
from docketlink.cleaning.text import SEPARATOR, compact, digits, trimmed, words
from docketlink.transforms.kernel_spec import AddressSpec, BirthSpec, NameSpec, NodeSpec, RowSpec, Tokens, ValueSpec
from docketlink.transforms.kernel_values import Columns, Memo, areas, coder, record_ids, row_deleted, without_collector

_LIST = pa.list_(pa.string())
ADDRESS = pa.struct([("line", pa.string()), ("postcode", pa.string()), ("from_date", pa.string()), ("to_date", pa.string())])
_NO_NAME = Name(None, None, None)
_NOT_BORN = BirthDate(None, None)


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
    details, coded, ethnic = _Details(rows), coder(spec.sex), coder(spec.ethnicity)
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
    details = _Details(rows)

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
    values = _Values(rows)
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


class _Values:
    """Postcodes and register numbers of rows, each distinct text checked once."""

    def __init__(self, spec: RowSpec) -> None:
        self._spec = spec
        self._postcode = Memo[str | None, Checked](lambda raw: postcode(raw, spec.postcode_placeholders) if raw else MISSING)
        self._pnc = Memo[str | None, Checked](lambda raw: pnc(raw, spec.year) if raw else MISSING)
        self._cro = Memo[str | None, Checked](lambda raw: cro(raw) if raw else MISSING)

    def postcodes(self, columns: Columns) -> Iterable[tuple[Checked, ...]]:
        """The checked postcodes of each row."""
        return self._checked(columns, self._spec.postcodes, self._postcode)

    def pncs(self, columns: Columns) -> Iterable[tuple[Checked, ...]]:
        """The checked PNC ids of each row."""
        return self._checked(columns, self._spec.pnc, self._pnc)

    def cros(self, columns: Columns) -> Iterable[tuple[Checked, ...]]:
        """The checked CRO numbers of each row."""
        return self._checked(columns, self._spec.cro, self._cro)

    @staticmethod
    def _checked(columns: Columns, specs: tuple[ValueSpec, ...], memo: Memo[str | None, Checked]) -> Iterable[tuple[Checked, ...]]:
        return zip(*(map(memo.__getitem__, columns.value(spec)) for spec in specs), strict=True) if specs else repeat((), columns.rows)


Detail = tuple[Any, ...]


class _Details:
    """What rows say by which people are found: names, birth, addresses, numbers. The parts of ``Reading`` from tokens to flags."""

    def __init__(self, spec: RowSpec) -> None:
        self._spec = spec
        self._values = _Values(spec)
        self._parts = {
            name.dropped: (
                Memo[str, Part](partial(given_part, dropped=name.dropped)),
                Memo[str, Part](partial(family_part, dropped=name.dropped)),
            )
            for name in spec.names
        }
        self._births = [birth_judge(born) for born in spec.births]
        self._full = Memo[str, list[str]](full_texts)
        self._words = Memo[str, str | None](words)
        self._dates = {formats: Memo[str | None, str | None](partial(_date_text, formats=formats)) for formats in self._formats()}

    def _formats(self) -> set[tuple[str, ...]]:
        spans = [day for address in self._spec.addresses for day in (address.begins, address.ends) if day]
        return {value.formats for value in (*self._spec.sentence_dates, *spans)}

    def of(self, columns: Columns) -> Iterator[Detail]:
        """The details of each row of a batch."""
        s = self._spec
        names = zip(*(self._names(columns, name) for name in s.names), strict=True) if s.names else repeat((), columns.rows)
        born_at = zip(*(births(columns) for births in self._births), strict=True) if s.births else repeat((), columns.rows)
        lines = zip(*(self._addresses(columns, a) for a in s.addresses), strict=True) if s.addresses else repeat((), columns.rows)
        days = [map(self._dates[v.formats].__getitem__, columns.value(v)) for v in s.sentence_dates]
        known = [(kind, map(_code, columns.value(value))) for kind, value in s.known_ids]
        flags = [(flag, columns.where(condition)) for flag, condition in s.flags]
        parts = zip(
            names, born_at, lines, self._values.postcodes(columns), self._values.pncs(columns), self._values.cros(columns),
            zip(*(values for _, values in known), strict=True) if known else repeat((), columns.rows),
            zip(*days, strict=True) if days else repeat((), columns.rows),
            zip(*(holds for _, holds in flags), strict=True) if flags else repeat((), columns.rows),
            strict=True,
        )  # fmt: skip
        kinds, flagged = [kind for kind, _ in known], [flag for flag, _ in flags]
        for name, born, places, codes, pncs, cros, ids, sentenced, holds in parts:
            yield _detail(
                name, born, places, codes, pncs, cros, [*zip(kinds, ids, strict=True)], sentenced, [*zip(flagged, holds, strict=True)]
            )

    def _names(self, columns: Columns, spec: NameSpec) -> Iterable[Name]:
        """The name from its parts; from the full name where no part holds a word."""
        full = [name_of_full(self._full[text], spec.dropped) for text in columns.joined([spec.full])] if spec.full else None
        if not spec.forenames and not spec.surname:
            return full if full is not None else repeat(_NO_NAME, columns.rows)
        given = columns.joined(spec.forenames) if spec.forenames else [""] * columns.rows
        family = columns.joined([spec.surname]) if spec.surname else [""] * columns.rows
        of_given, of_family = self._parts[spec.dropped]
        parts = [name_of_parts(of_given[g], of_family[f]) for g, f in zip(given, family, strict=True)]
        return parts if full is None else [p if p.tokens else f for p, f in zip(parts, full, strict=True)]

    def _addresses(self, columns: Columns, spec: AddressSpec) -> Iterable[tuple[str | None, str | None, str | None, str | None]]:
        """The line of each row's address, its postcode and its days."""
        line = map(self._words.__getitem__, columns.joined(spec.lines)) if spec.lines else repeat(None, columns.rows)
        code: Iterable[str | None] = repeat(None, columns.rows)
        if spec.postcode:
            code = [checked.value for checked in map(self._values._postcode.__getitem__, columns[spec.postcode])]
        days = [
            map(self._dates[day.formats].__getitem__, columns.value(day)) if day else repeat(None, columns.rows)
            for day in (spec.begins, spec.ends)
        ]
        return zip(line, code, *days, strict=True)


def birth_judge(spec: BirthSpec | None) -> Callable[[Columns], Iterable[BirthDate]]:
    """A function that gives the date of birth of each row, judged at the event's date or the snapshot's."""
    if spec is None:
        return lambda columns: repeat(_NOT_BORN, columns.rows)
    snapshot = date.fromisoformat(spec.snapshot)
    judge = partial(birth_date, formats=spec.formats, youngest=spec.youngest, oldest=spec.oldest, placeholders=spec.placeholders)
    references = Memo[str | None, date](lambda raw: reference_date(raw, snapshot))
    judged = Memo[tuple[str | None, date], BirthDate](lambda told: judge(told[0], reference=told[1]))

    def births(columns: Columns) -> Iterable[BirthDate]:
        events = map(references.__getitem__, columns[spec.reference]) if spec.reference else repeat(snapshot, columns.rows)
        return map(judged.__getitem__, zip(columns[spec.column], events, strict=True))

    return births


def _detail(
    names: Sequence[Name], births: Sequence[BirthDate], places: Sequence[tuple[str | None, str | None, str | None, str | None]],
    codes: Sequence[Checked], pncs: Sequence[Checked], cros: Sequence[Checked], ids: Sequence[tuple[str, str | None]],
    sentenced: Sequence[str | None], flags: Sequence[tuple[str, bool]],
) -> Detail:  # fmt: skip
    if len(names) == 1:
        tokens, first, last = names[0]
        full = [" ".join(tokens)] if tokens else None
    else:
        tokens = None
        first = [word for name in names for word in name.first_arr or ()] or None
        last = [word for name in names for word in name.last_arr or ()] or None
        full = [" ".join(name.tokens) for name in names if name.tokens] or None
    if len(births) == 1:
        birth, why = births[0]
    else:
        birth, why = min((born.value for born in births if born.value), default=None), None
    lived = [{"line": line, "postcode": code, "from_date": begins, "to_date": ends} for line, code, begins, ends in places if line or code]
    return (
        tokens,
        first,
        last,
        full,
        birth,
        why,
        min((place[0] for place in places if place[0]), default=None),
        lived or None,
        [found.value for found in codes if found.value] or None,
        [found.value for found in pncs if found.value] or None,
        [found.value for found in cros if found.value] or None,
        [f"{kind}:{value}" for kind, value in ids if value] or None,
        [day for day in sentenced if day] or None,
        [found.reason for found in chain(codes, pncs, cros) if found.reason] or None,
        [flag for flag, holds in flags if holds] or None,
    )


def _date_text(raw: str | None, formats: tuple[str, ...]) -> str | None:
    day = without_placeholder(parsed_date(raw, formats))
    return None if day is None else day.isoformat()


def _code(raw: str | None) -> str | None:
    return compact(raw) if raw else None


def _cleaner(cleaning: str, formats: tuple[str, ...]) -> Callable[[str | None], str | None]:
    """The rule of ``other`` values, remembered."""
    rules: dict[str, Callable[[str], str | None]] = {
        "words": words,
        "digits": digits,
        "code": compact,
        "text": trimmed,
        "date_text": partial(_date_text, formats=formats),
    }
    rule = rules[cleaning]
    return Memo[str | None, str | None](lambda raw: rule(raw) if raw else None).__getitem__

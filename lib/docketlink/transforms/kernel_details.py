"""What a row tells of a person: names, birth, addresses, numbers, cleaned, each distinct text once; runs on executors."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import chain, repeat
from typing import Any

from docketlink.cleaning.dates import BirthDate, birth_date, parsed_date, reference_date, without_placeholder
from docketlink.cleaning.names import Name, Part, family_part, full_texts, given_part, name_of_full, name_of_parts
from docketlink.cleaning.postcodes import postcode
from docketlink.cleaning.registers import MISSING, Checked, cro, pnc
from docketlink.cleaning.text import compact, words
from docketlink.transforms.kernel_spec import AddressSpec, BirthSpec, NameSpec, RowSpec, ValueSpec
from docketlink.transforms.kernel_values import Columns, Memo

_NO_NAME = Name(None, None, None)
_NOT_BORN = BirthDate(None, None)
Detail = tuple[Any, ...]


class Values:
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


class Details:
    """What rows say by which people are found: names, birth, addresses, numbers. The parts of ``Reading`` from tokens to flags."""

    def __init__(self, spec: RowSpec) -> None:
        self._spec = spec
        self._values = Values(spec)
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
        self._dates = {formats: Memo[str | None, str | None](partial(date_text, formats=formats)) for formats in self._formats()}

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


def date_text(raw: str | None, formats: tuple[str, ...]) -> str | None:
    """The day that ``raw`` is under the first fitting pattern, as yyyy-MM-dd; None where it is none or a placeholder."""
    day = without_placeholder(parsed_date(raw, formats))
    return None if day is None else day.isoformat()


def _code(raw: str | None) -> str | None:
    return compact(raw) if raw else None

"""What the kernels of standardisation are told about a source: plain values, because executors have no pydantic."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Tokens = Callable[[str, Sequence[str | None]], list[str | None]]
"""Keyed tokens of texts in a domain, NULL for none: ``record``, ``event`` or ``case``."""

Where = tuple[str, tuple[str, ...]]
"""A column and the values that it must hold, as ``config.source.Condition``."""


@dataclass(frozen=True)
class KeySpec:
    """What names the node of a row of the node table: all of ``columns`` together, or the ``first`` that is filled."""

    source: str
    columns: tuple[str, ...]
    first: bool
    deleted: Where | None

    def needs(self) -> set[str]:
        """Columns of the table that the kernels read."""
        return {*self.columns, *_of(self.deleted)}


@dataclass(frozen=True)
class CodeSpec:
    """A coded column; ``codes`` by their spelling. ``word`` is the column that holds what a reference list says of an id."""

    column: str
    codes: Mapping[str, str] | None
    unmapped: str | None
    word: str | None = None


@dataclass(frozen=True)
class DateSpec:
    """A date column and the patterns tried on it."""

    column: str
    formats: tuple[str, ...]


@dataclass(frozen=True)
class AreaSpec:
    """The first of ``columns`` that names a place, values in ``none`` are none; its first characters where ``first`` says how many."""

    columns: tuple[str, ...]
    none: tuple[str, ...] = ()
    first: int | None = None


@dataclass(frozen=True)
class NameSpec:
    """Where the parts of a name stand; ``dropped`` are words that are none."""

    forenames: tuple[str, ...]
    surname: str | None
    full: str | None
    dropped: frozenset[str]


@dataclass(frozen=True)
class BirthSpec:
    """A date of birth, judged at the event in ``reference``, else at the snapshot (yyyy-MM-dd)."""

    column: str
    formats: tuple[str, ...]
    reference: str | None
    snapshot: str
    youngest: int
    oldest: int
    placeholders: tuple[str, ...]


@dataclass(frozen=True)
class ValueSpec:
    """A value of one column, where a condition on another holds."""

    column: str
    where: Where | None = None
    formats: tuple[str, ...] = ("yyyy-MM-dd",)


@dataclass(frozen=True)
class AddressSpec:
    """One address of a row: its lines in their order, its postcode, and the days on which it began and ended."""

    lines: tuple[str, ...]
    postcode: str | None
    begins: ValueSpec | None = None
    ends: ValueSpec | None = None


@dataclass(frozen=True)
class RowSpec:
    """What the rows of one table say about their node, whether the node table's or one below it."""

    names: tuple[NameSpec, ...] = ()
    births: tuple[BirthSpec | None, ...] = ()
    addresses: tuple[AddressSpec, ...] = ()
    postcodes: tuple[ValueSpec, ...] = ()
    postcode_placeholders: frozenset[str] = frozenset()
    pnc: tuple[ValueSpec, ...] = ()
    cro: tuple[ValueSpec, ...] = ()
    known_ids: tuple[tuple[str, ValueSpec], ...] = ()
    sentence_dates: tuple[ValueSpec, ...] = ()
    flags: tuple[tuple[str, Where], ...] = ()
    year: int = 2000

    def needs(self) -> set[str]:
        """Columns of the table that the kernels read."""
        values = [*self.postcodes, *self.pnc, *self.cro, *self.sentence_dates, *(value for _, value in self.known_ids)]
        values += [day for address in self.addresses for day in (address.begins, address.ends) if day]
        named = [column for value in values for column in (value.column, *_of(value.where))]
        named += [column for name in self.names for column in (*name.forenames, name.surname, name.full) if column]
        named += [column for born in self.births if born for column in (born.column, born.reference) if column]
        named += [column for address in self.addresses for column in (*address.lines, address.postcode) if column]
        return {*named, *(where[0] for _, where in self.flags)}

    def only_people(self) -> "RowSpec":
        """What tells people and their postcodes apart, and no more."""
        return RowSpec(
            names=self.names, births=self.births, postcodes=self.postcodes, postcode_placeholders=self.postcode_placeholders, year=self.year
        )


@dataclass(frozen=True)
class NodeSpec:
    """What only the node table says: key, status, role and the like, and which of several rows is the main one."""

    key: KeySpec
    main_first: tuple[tuple[str, str, tuple[str, ...]], ...] = ()  # column, type, date patterns
    native_key: tuple[str, ...] = ()
    person_key: str | None = None
    case_key: str | None = None
    role: str | None = None
    sex: CodeSpec | None = None
    status: tuple[tuple[str, Where], ...] = ()
    other: tuple[tuple[str, str, str, tuple[str, ...]], ...] = ()  # name, column, cleaning, date patterns
    ethnicity: CodeSpec | None = None
    officer: str | None = None
    area: AreaSpec | None = None

    def needs(self) -> set[str]:
        """Columns of the table that the kernels read."""
        order = {*(name for name, _, _ in self.main_first), *self.native_key, "source_file", "ordinal"} if self.main_first else set()
        coded = {code.column for code in (self.sex, self.ethnicity) if code}
        plain = {name for name in (self.person_key, self.case_key, self.role, self.officer) if name}
        areas = {*self.area.columns} if self.area else set()
        return (
            self.key.needs() | order | coded | plain | areas | {w[0] for _, w in self.status} | {column for _, column, _, _ in self.other}
        )


@dataclass(frozen=True)
class EventSpec:
    """One kind of event that rows of a table tell, or several told apart by a code."""

    source: str
    table: str
    key: tuple[str, ...]
    type: str | CodeSpec
    date: DateSpec | None
    where: Where | None = None
    end_date: DateSpec | None = None
    outcome: CodeSpec | None = None
    outcome_instead: tuple[str, ...] = ()
    offence: str | None = None
    offence_digits: int | None = None
    offence_groups: Mapping[str, str] = field(default_factory=dict)
    area: AreaSpec | None = None
    case_ref: tuple[str, ...] = ()
    lower_ref: tuple[str, ...] = ()
    episode: tuple[str, tuple[str, ...]] | None = None  # kind, columns
    measures: tuple[tuple[str, str], ...] = ()  # name, column

    def needs(self) -> set[str]:
        """Columns of the table, words of reference lists among them, that the kernels read."""
        codes = [code for code in (self.type, self.outcome) if isinstance(code, CodeSpec)]
        named = [column for code in codes for column in (code.column, code.word) if column]
        named += [dated.column for dated in (self.date, self.end_date) if dated]
        named += [self.offence] if self.offence else []
        named += [*self.case_ref, *self.lower_ref, *(self.episode[1] if self.episode else ()), *(column for _, column in self.measures)]
        return {*named, *self.key, *self.outcome_instead, *_of(self.where), *(self.area.columns if self.area else ())}


def _of(where: Where | None) -> tuple[str, ...]:
    return (where[0],) if where else ()

"""From a source's YAML to what the kernels of standardisation are told."""

from collections.abc import Mapping
from datetime import date

from docketlink.cleaning.codes import spelling
from docketlink.cleaning.names import dropped_words
from docketlink.cleaning.text import compact
from docketlink.config.event import EventCode, EventConfig
from docketlink.config.record import BirthDate, Coded, NameColumns, Values
from docketlink.config.source import SourceConfig
from docketlink.config.table import AreaColumns, Condition, EventDate
from docketlink.errors import ConfigError
from docketlink.transforms.kernel_quality import QualitySpec
from docketlink.transforms.kernel_spec import (
    AddressSpec,
    AreaSpec,
    BirthSpec,
    CodeSpec,
    DateSpec,
    EventSpec,
    KeySpec,
    NameSpec,
    NodeSpec,
    RowSpec,
    ValueSpec,
    Where,
)

NOT_KNOWN = "N"
UNKNOWN_ETHNICITY = "UN"
_ISO = ("yyyy-MM-dd",)
_SEXES = ("M", "F", "N", "NS")


def key_spec(source: SourceConfig) -> KeySpec:
    """What names a node."""
    record = source.record
    return KeySpec(source.source, record.key, record.key_rule == "first", _where(source.tables[record.table].soft_delete))


def node_spec(source: SourceConfig) -> NodeSpec:
    """What the node table alone says."""
    record, table = source.record, source.tables[source.record.table]
    columns = {name: (table.columns[name].type, table.columns[name].formats) for name in table.columns}
    sex = ethnicity = None
    if record.sex:
        sexes = source.codes[record.sex.codes] if record.sex.codes else {code: code for code in _SEXES}
        sex = CodeSpec(record.sex.column, _spelt(sexes), record.sex.unmapped or NOT_KNOWN)
    if coded := source.attributes.ethnicity:
        ethnicity = CodeSpec(coded.column, _listed(coded, source), coded.unmapped or UNKNOWN_ETHNICITY)
    return NodeSpec(
        key=key_spec(source),
        main_first=tuple((name, *columns.get(name, ("digits", _ISO))) for name in record.main_first),
        native_key=table.native_key,
        person_key=record.person_key,
        case_key=record.case_key,
        role=record.role,
        sex=sex,
        status=tuple((rule.status, _required(rule.when)) for rule in record.link_status),
        other=tuple((name, o.column, o.clean, columns.get(o.column, ("text", _ISO))[1]) for name, o in sorted(record.other.items())),
        ethnicity=ethnicity,
        officer=source.attributes.ethnicity_officer,
        area=_area(source.attributes.area),
    )


def row_spec(source: SourceConfig, table: str, snapshot_date: date) -> RowSpec:
    """What the rows of one table say about their node."""
    record = source.record
    names: tuple[NameSpec, ...]
    births: tuple[BirthSpec | None, ...]
    if table == record.table:
        names, births = (_name(record.name),), (_birth(record.date_of_birth, snapshot_date),)
    else:
        own = [alias for alias in record.aliases if alias.table == table]
        names = tuple(_name(alias.name) for alias in own)
        births = tuple(_birth(alias.date_of_birth, snapshot_date) for alias in own)

    def of(values: tuple[Values, ...]) -> tuple[ValueSpec, ...]:
        here = [value for value in values if (value.table or record.table) == table]
        return tuple(ValueSpec(v.column, _where(v.where), _formats(source, table, v.column)) for v in here)

    postcodes, lines, days = of(record.postcodes), of(record.address), record.address_dates.get(table)
    addresses: tuple[AddressSpec, ...] = ()
    if lines or postcodes:
        addresses = (
            AddressSpec(
                tuple(line.column for line in lines),
                postcodes[0].column if postcodes else None,
                _day(days.begins) if days else None,
                _day(days.ends) if days else None,
            ),
        )
    return RowSpec(
        names=names,
        births=births,
        addresses=addresses,
        postcodes=postcodes,
        postcode_placeholders=frozenset(filter(None, map(compact, record.postcode_placeholders))),
        pnc=of(record.pnc),
        cro=of(record.cro),
        known_ids=tuple((kind, value) for kind, values in sorted(record.known_ids.items()) for value in of(values)),
        sentence_dates=of(record.sentence_dates),
        flags=tuple((f.flag, (f.column, f.equals)) for f in record.flags if (f.table or record.table) == table),
        year=snapshot_date.year,
    )


def child_tables(source: SourceConfig) -> list[str]:
    """Tables other than the node's that the record takes values from, in the order of the YAML."""
    r = source.record
    known = [value for values in r.known_ids.values() for value in values]
    named = {v.table for v in (*r.postcodes, *r.address, *r.pnc, *r.cro, *r.sentence_dates, *known) if v.table}
    named |= {alias.table for alias in r.aliases} | {flag.table for flag in r.flags if flag.table}
    return [name for name in source.tables if name in named and name != r.table]


def quality_spec(source: SourceConfig, table: str, snapshot_date: date, codes: Mapping[str, Mapping[str, str]]) -> QualitySpec:
    """How the columns of a landing table are judged; ``codes`` are those that the lists of a column know."""
    record, own = source.record, source.tables[table].kept_columns()
    kinds = (("postcode", record.postcodes), ("pnc", record.pnc), ("cro", record.cro))
    here = [(kind, v) for kind, values in kinds for v in values if (v.table or record.table) == table and v.column in own]
    born = record.date_of_birth if table == record.table and record.date_of_birth and record.date_of_birth.column in own else None
    formats = {name: c.formats for name, c in own.items() if c.type in ("date", "timestamp")}
    for event in (event for event in source.events if event.table == table):
        formats |= {d.column: d.formats for d in (event.date, event.end_date) if d is not None and d.column in own}
    return QualitySpec(
        table=table,
        columns=tuple(own),
        period=_date(source.period_of(table)),
        area=_area(source.area_of(table)),
        birth=_birth(born, snapshot_date),
        values=tuple((kind, ValueSpec(v.column, _where(v.where))) for kind, v in here),
        dates=tuple((name, patterns) for name, patterns in formats.items() if not born or name != born.column),
        codes=tuple((name, frozenset(filter(None, map(spelling, known)))) for name, known in codes.items() if name in own),
        postcode_placeholders=frozenset(filter(None, map(compact, record.postcode_placeholders))),
        year=snapshot_date.year,
    )


def event_spec(event: EventConfig, source: SourceConfig, type_word: str, outcome_word: str) -> EventSpec:
    """One declaration of events; the words of reference lists stand in the named columns."""
    return EventSpec(
        source=source.source,
        table=event.table,
        key=event.key or source.tables[event.table].native_key,
        type=event.type if isinstance(event.type, str) else _event_code(event.type, source, type_word),
        date=_date(event.date),
        where=_where(event.where),
        end_date=_date(event.end_date),
        outcome=_event_code(event.outcome, source, outcome_word) if event.outcome else None,
        outcome_instead=event.outcome_instead,
        offence=event.offence,
        offence_digits=event.offence_digits,
        offence_groups=source.codes[event.offence_groups] if event.offence_groups else {},
        area=_area(event.area),
        case_ref=event.case_ref,
        lower_ref=event.lower_ref,
        episode=(event.episode.kind, event.episode.columns) if event.episode else None,
        measures=tuple(event.measures.items()),
    )


def _event_code(code: EventCode, source: SourceConfig, word: str) -> CodeSpec:
    return CodeSpec(code.column, _listed(code, source), code.unmapped, word if code.through else None)


def _listed(code: Coded, source: SourceConfig) -> dict[str, str] | None:
    return _spelt(source.codes[code.codes]) if code.codes else None


def _spelt(codes: dict[str, str]) -> dict[str, str]:
    """A list of codes by what ``spelling`` makes of each entry. Raises ConfigError when two read alike and lead to different codes."""
    spelt: dict[str, str] = {}
    for written, code in codes.items():
        if spelt.setdefault(spelling(written) or "", code) != code:
            raise ConfigError(
                f"a code list maps two spellings that read alike to {spelt[spelling(written) or '']} and {code}.",
                next_step="keep one of them in the source's YAML.",
            )
    return spelt


def _name(name: NameColumns) -> NameSpec:
    return NameSpec(name.forenames, name.surname, name.full, dropped_words(name.drop_words))


def _birth(born: BirthDate | None, snapshot_date: date) -> BirthSpec | None:
    if born is None:
        return None
    return BirthSpec(born.column, born.formats, born.reference, snapshot_date.isoformat(), born.youngest, born.oldest, born.placeholders)


def _area(area: AreaColumns | None) -> AreaSpec | None:
    return AreaSpec(area.columns, area.none, area.first) if area else None


def _date(dated: EventDate | None) -> DateSpec | None:
    return DateSpec(dated.column, dated.formats) if dated else None


def _day(dated: EventDate | None) -> ValueSpec | None:
    return ValueSpec(dated.column, None, dated.formats) if dated else None


def _formats(source: SourceConfig, table: str, column: str) -> tuple[str, ...]:
    known = source.tables[table].columns.get(column)
    return known.formats if known else _ISO


def _where(condition: Condition | None) -> Where | None:
    return _required(condition) if condition else None


def _required(condition: Condition) -> Where:
    return condition.column, condition.equals

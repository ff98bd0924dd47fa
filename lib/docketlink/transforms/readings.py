"""Readings: what each row of a source says about its node, cleaned by the rules of ``columns``, one row for a row."""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.codes import is_one_of, standard_code
from docketlink.columns.dates import birth_date, date_text, parsed_date, reference_date, without_placeholder
from docketlink.columns.names import family_texts, full_texts, given_texts, name_of_full, name_of_parts
from docketlink.columns.postcodes import postcode
from docketlink.columns.registers import cro, pnc
from docketlink.columns.text import compact, digits, let, trimmed, words
from docketlink.config.source import BirthDate, NameColumns, SourceConfig, Values
from docketlink.transforms.nodes import DELETED, KEY

_FOUND = "array<struct<value:string,reason:string>>"
_NAMES = ("first_arr", "last_arr")
NOT_KNOWN = "N"


def node_reading(rows: DataFrame, source: SourceConfig, snapshot_date: date) -> DataFrame:
    """One row for each row of the node table (with ``is_main``): what it says of the person, cleaned.

    ``record_key, record_deleted, is_main, native_person_key, role_code, status, name, dob, sex, address, as_received,
    other_<n>`` and the lists of ``value_columns``; ``name`` is a struct of ``columns.names``, ``dob`` one of value and
    reason, ``as_received`` a cheap text that tells people apart: the name's words and the date of birth as written.
    """
    record = source.record
    return rows.select(
        KEY,
        DELETED,
        "is_main",
        _text(record.person_key).alias("native_person_key"),
        _text(record.role).alias("role_code"),
        _status(source).alias("status"),
        _name(record.name).alias("name"),
        birth_date_of(source, snapshot_date).alias("dob"),
        sex_of(source).alias("sex"),
        _address(source, record.table).alias("address"),
        _as_received(source).alias("as_received"),
        *(_other(name, source).alias(f"other_{i}") for i, name in enumerate(sorted(record.other))),
        *value_columns(source, record.table, snapshot_date),
    )


def child_reading(rows: DataFrame, source: SourceConfig, table: str, snapshot_date: date) -> DataFrame:
    """One row for each row of a table that hangs on the node: ``record_key``, the lists of ``value_columns``, names of aliases."""
    own = [alias for alias in source.record.aliases if alias.table == table]
    values = [_address(source, table).alias("child_address"), *value_columns(source, table, snapshot_date)]
    if not own:
        return rows.select(KEY, *values)
    read = rows.withColumns({f"_name_{i}": _name(alias.name) for i, alias in enumerate(own)})
    return read.select(
        KEY,
        *(
            F.concat(*(F.coalesce(f"_name_{i}.{part}", F.array().cast("array<string>")) for i in range(len(own)))).alias(part)
            for part in _NAMES
        ),
        F.array_min(F.array(*(birth_date_in(alias.date_of_birth, snapshot_date)["value"] for alias in own))).alias("birth"),
        *values,
    )


def child_tables(source: SourceConfig) -> list[str]:
    """Tables other than the node's that the record takes values from, in the order of the YAML."""
    r = source.record
    named = {v.table for v in (*r.postcodes, *r.address, *r.pnc, *r.cro, *r.sentence_dates) if v.table} | {a.table for a in r.aliases}
    return [name for name in source.tables if name in named and name != r.table]


def value_columns(source: SourceConfig, table: str, snapshot_date: date) -> list[Column]:
    """``postcode, pnc, cro`` as arrays of value and reason, ``sentence_date`` as an array of yyyy-MM-dd; empty for none."""
    record = source.record
    year = snapshot_date.year
    return [
        _found([postcode(_where(v), record.postcode_placeholders) for v in _of(record.postcodes, source, table)]).alias("postcode"),
        _found([pnc(_where(v), year) for v in _of(record.pnc, source, table)]).alias("pnc"),
        _found([cro(_where(v)) for v in _of(record.cro, source, table)]).alias("cro"),
        _dates([_sentence_date(v, source, table) for v in _of(record.sentence_dates, source, table)]).alias("sentence_date"),
    ]


def sex_of(source: SourceConfig) -> Column:
    """The sex of a row as M, F, N or NS; a value outside the list is N unless the YAML says otherwise, none stays NULL."""
    coded = source.record.sex
    if coded is None:
        return F.lit(None).cast("string")
    codes = source.codes[coded.codes] if coded.codes else {code: code for code in ("M", "F", "N", "NS")}
    return standard_code(F.col(f"`{coded.column}`"), codes, coded.unmapped or NOT_KNOWN)


def _of(values: Sequence[Values], source: SourceConfig, table: str) -> list[Values]:
    return [v for v in values if (v.table or source.record.table) == table]


def _where(value: Values) -> Column:
    column = F.col(f"`{value.column}`")
    return column if value.where is None else F.when(is_one_of(F.col(f"`{value.where.column}`"), value.where.equals), column)


def _found(checked: Sequence[Column]) -> Column:
    return F.array(*checked).cast(_FOUND)


def _dates(texts: Sequence[Column]) -> Column:
    return F.array(*texts).cast("array<string>")


def _sentence_date(value: Values, source: SourceConfig, table: str) -> Column:
    column = source.tables[table].columns.get(value.column)
    return date_text(without_placeholder(parsed_date(_where(value), column.formats if column else ("yyyy-MM-dd",))))


def _text(name: str | None) -> Column:
    return F.lit(None).cast("string") if name is None else trimmed(F.col(f"`{name}`").cast("string"))


def _status(source: SourceConfig) -> Column:
    status = F.when(F.col(DELETED), F.lit("deleted"))
    for rule in source.record.link_status:
        status = status.when(is_one_of(F.col(f"`{rule.when.column}`"), rule.when.equals), F.lit(rule.status))
    return status.otherwise(F.lit("linkable"))


def _name(name: NameColumns) -> Column:
    """The name from its parts; from the full name where no part holds a word."""
    parts = full = None
    if name.forenames or name.surname:
        surname = F.col(f"`{name.surname}`") if name.surname else F.lit("")
        parts = name_of_parts(given_texts(*(F.col(f"`{c}`") for c in name.forenames)), family_texts(surname), name.drop_words)
    if name.full:
        full = name_of_full(full_texts(F.col(f"`{name.full}`")), name.drop_words)
    if parts is not None and full is not None:
        return let(parts, lambda p: F.when(p["tokens"].isNotNull(), p).otherwise(full))
    chosen = parts if parts is not None else full
    return F.lit(None).cast("struct<tokens:array<string>,first_arr:array<string>,last_arr:array<string>>") if chosen is None else chosen


def birth_date_of(source: SourceConfig, snapshot_date: date) -> Column:
    """``value, reason`` of a row's date of birth, judged at the event's date or the snapshot's."""
    return birth_date_in(source.record.date_of_birth, snapshot_date)


def birth_date_in(born: BirthDate | None, snapshot_date: date) -> Column:
    """``value, reason`` of the date of birth that a row holds where it is told."""
    if born is None:
        return F.struct(F.lit(None).cast("string").alias("value"), F.lit("DOB_MISSING").alias("reason"))
    event = F.col(f"`{born.reference}`") if born.reference else None
    raw = F.col(f"`{born.column}`")

    def judged(reference: Column) -> Column:
        return birth_date(raw, born.formats, reference, youngest=born.youngest, oldest=born.oldest, placeholders=born.placeholders)

    return let(reference_date(event, F.lit(snapshot_date)), judged)


def _as_received(source: SourceConfig) -> Column:
    name, born = source.record.name, source.record.date_of_birth
    columns = [*name.forenames, *filter(None, (name.surname, name.full, born.column if born else None))]
    return words(F.concat_ws(" ", *(F.col(f"`{c}`") for c in columns)))


def _address(source: SourceConfig, table: str) -> Column:
    """The address columns of a table in their order, as words."""
    parts = [_where(v) for v in _of(source.record.address, source, table)]
    return words(F.concat_ws(" ", *parts)) if parts else F.lit(None).cast("string")


def _other(name: str, source: SourceConfig) -> Column:
    other = source.record.other[name]
    raw = F.col(f"`{other.column}`")
    if other.clean == "words":
        return words(raw)
    if other.clean == "digits":
        return digits(raw)
    if other.clean == "code":
        return compact(raw)
    if other.clean == "text":
        return trimmed(raw)
    column = source.tables[source.record.table].columns.get(other.column)
    return date_text(without_placeholder(parsed_date(raw, column.formats if column else ("yyyy-MM-dd",))))

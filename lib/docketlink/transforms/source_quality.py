"""What a source's columns hold, by year and area: nothing, placeholders, values that cannot be, codes that no list knows."""

from collections.abc import Iterator
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.codes import is_one_of, is_unmapped
from docketlink.columns.dates import birth_date, parsed_date, reference_date, without_placeholder
from docketlink.columns.keys import BLANKS
from docketlink.columns.places import place_of, year
from docketlink.columns.postcodes import postcode
from docketlink.columns.registers import cro, pnc
from docketlink.columns.text import let
from docketlink.config.source import BirthDate, Coded, EventCode, SourceConfig, Values
from docketlink.contracts.tables import RECONCILIATION, SOURCE_QUALITY
from docketlink.transforms.nodes import Raw

_COUNTS = ("rows", "missing", "placeholder", "invalid", "unmapped", "set_aside")
_PLACEHOLDER, _INVALID = "PLACEHOLDER", ("FORMAT", "RANGE", "CHECK")


def source_quality(raw: Raw, rejected: DataFrame, source: SourceConfig, snapshot_date: date) -> DataFrame:
    """``quality.source_quality`` of one source and snapshot, in one pass over each table.

    ``raw`` are its tables, ``rejected`` its rows of raw.rejected_row. Dates, dates of birth, postcodes and register numbers are
    judged by the rules that standardising applies; columns that only arrive are counted as missing or not.
    """
    parts = [_of_table(frame, name, source, snapshot_date) for name, frame in raw.items()]
    measured = reduce(DataFrame.unionByName, [*parts, _set_aside(rejected)])
    total = measured.groupBy("table", "column", "year", "area_code").agg(*(F.sum(name).alias(name) for name in _COUNTS))
    return SOURCE_QUALITY.conform(
        total.select(F.lit(source.source).alias("source"), F.lit(snapshot_date).alias("snapshot_date"), *total.columns)
    )


def reconciliation(raw: Raw, rejected: DataFrame, source: SourceConfig, snapshot_date: date) -> DataFrame:
    """``quality.reconciliation`` of one source and snapshot: accepted records from its tables, others from ``rejected``, each once."""
    none = F.lit(0).cast("long")
    parts = [
        frame.select(F.lit(name).alias("table"), *place_of(source, name))
        .groupBy("table", "month", "area_code")
        .agg(F.count(F.lit(1)).alias("accepted"), none.alias("set_aside"))
        for name, frame in raw.items()
    ]
    record = rejected.select("table", "source_file", "ordinal", "month", "area_code").distinct()
    parts.append(record.groupBy("table", "month", "area_code").agg(none.alias("accepted"), F.count(F.lit(1)).alias("set_aside")))
    total = reduce(DataFrame.unionByName, parts).groupBy("table", "month", "area_code")
    summed = total.agg(F.sum("accepted").alias("accepted"), F.sum("set_aside").alias("set_aside"))
    return RECONCILIATION.conform(
        summed.select(
            F.lit(source.source).alias("source"),
            F.lit(snapshot_date).alias("snapshot_date"),
            (F.col("accepted") + F.col("set_aside")).alias("received"),
            *summed.columns,
        )
    )


def _of_table(rows: DataFrame, table: str, source: SourceConfig, snapshot_date: date) -> DataFrame:
    columns = [*source.tables[table].kept_columns()]
    month, area_code = place_of(source, table)
    reasons, lists = _reasons(table, source, snapshot_date), _lists(table, source)
    judged = rows.select(
        year(month).alias("year"),
        area_code,
        *(F.col(f"`{name}`").alias(f"value_{i}") for i, name in enumerate(columns)),
        *(reason.alias(f"reason_{columns.index(name)}") for name, reason in reasons.items()),
    )
    cells = [_cell(i, name, name in reasons, lists.get(name)) for i, name in enumerate(columns)]
    counted = judged.groupBy("year", "area_code").agg(F.count(F.lit(1)).alias("rows"), F.array(*cells).alias("cells"))
    return counted.select("year", "area_code", "rows", F.explode("cells").alias("cell")).select(
        F.lit(table).alias("table"), "cell.column", "year", "area_code", "rows", *(f"cell.{name}" for name in _COUNTS[1:])
    )


def _cell(place: int, name: str, has_reason: bool, codes: dict[str, str] | None) -> Column:
    """The counts of one column, as aggregates."""
    value, reason, none = F.col(f"value_{place}"), F.col(f"reason_{place}"), F.lit(0).cast("long")
    filled = F.coalesce(F.trim(value, F.lit(BLANKS)), F.lit("")) != ""
    return F.struct(
        F.lit(name).alias("column"),
        F.count_if(~filled).alias("missing"),
        (F.count_if(filled & reason.endswith(_PLACEHOLDER)) if has_reason else none).alias("placeholder"),
        (F.count_if(filled & F.substring_index(reason, "_", -1).isin(*_INVALID)) if has_reason else none).alias("invalid"),
        (F.count_if(is_unmapped(value, codes)) if codes else none).alias("unmapped"),
        none.alias("set_aside"),
    )


def _set_aside(rejected: DataFrame) -> DataFrame:
    none = F.lit(0).cast("long")
    record = rejected.select("table", "column", "source_file", "ordinal", year(F.col("month")).alias("year"), "area_code").distinct()
    cell = record.groupBy("table", "column", "year", "area_code")
    return cell.agg(*(none.alias(name) for name in _COUNTS[:-1]), F.count(F.lit(1)).alias("set_aside"))


def _reasons(table: str, source: SourceConfig, snapshot_date: date) -> dict[str, Column]:
    """Column to why its value is not used, NULL where it is: what ends in PLACEHOLDER, FORMAT, RANGE or CHECK counts."""
    found: dict[str, list[Column]] = {}
    own = source.tables[table].kept_columns()
    for name, reason in (*_of_record(table, source, snapshot_date), *_of_dates(table, source)):
        if name in own:  # columns taken along from another table are judged nowhere twice
            found.setdefault(name, []).append(reason)
    return {name: F.coalesce(*reasons) for name, reasons in found.items()}


def _birth_date(born: BirthDate, snapshot_date: date) -> Column:
    """``value, reason`` of a row's date of birth, judged at the event's date or the snapshot's."""
    event = F.col(f"`{born.reference}`") if born.reference else None

    def judged(reference: Column) -> Column:
        raw = F.col(f"`{born.column}`")
        return birth_date(raw, born.formats, reference, youngest=born.youngest, oldest=born.oldest, placeholders=born.placeholders)

    return let(reference_date(event, F.lit(snapshot_date)), judged)


def _of_record(table: str, source: SourceConfig, snapshot_date: date) -> Iterator[tuple[str, Column]]:
    record, node = source.record, source.record.table
    if record.date_of_birth and table == node:
        yield record.date_of_birth.column, _birth_date(record.date_of_birth, snapshot_date).getField("reason")
    for v in (v for v in record.postcodes if (v.table or node) == table):
        yield v.column, postcode(_where(v), record.postcode_placeholders).getField("reason")
    for v in (v for v in record.pnc if (v.table or node) == table):
        yield v.column, pnc(_where(v), snapshot_date.year).getField("reason")
    for v in (v for v in record.cro if (v.table or node) == table):
        yield v.column, cro(_where(v)).getField("reason")


def _of_dates(table: str, source: SourceConfig) -> Iterator[tuple[str, Column]]:
    """Dates by type or as dates of events, but not the date of birth, which has rules of its own."""
    born = source.record.date_of_birth
    formats = {name: c.formats for name, c in source.tables[table].kept_columns().items() if c.type in ("date", "timestamp")}
    for event in (event for event in source.events if event.table == table):
        formats |= {d.column: d.formats for d in (event.date, event.end_date) if d is not None}
    for name, patterns in formats.items():
        if born is None or table != source.record.table or name != born.column:
            read = parsed_date(F.col(f"`{name}`"), patterns)
            usable = without_placeholder(read)
            yield name, F.when(read.isNull(), F.lit("DATE_FORMAT")).when(usable.isNull(), F.lit("DATE_PLACEHOLDER"))


def _where(value: Values) -> Column:
    column = F.col(f"`{value.column}`")
    return column if value.where is None else F.when(is_one_of(F.col(f"`{value.where.column}`"), value.where.equals), column)


def _lists(table: str, source: SourceConfig) -> dict[str, dict[str, str]]:
    """Coded column to the codes that any of its lists knows: a list for types of events may name but a few of them."""
    coded = [c for c in (source.record.sex, source.attributes.ethnicity) if c] if table == source.record.table else []
    for event in (event for event in source.events if event.table == table):
        coded += [c for c in (event.type, event.outcome) if isinstance(c, Coded) and not (isinstance(c, EventCode) and c.through)]
    known: dict[str, dict[str, str]] = {}
    for each in coded:
        if each.codes:
            known.setdefault(each.column, {}).update(dict.fromkeys(source.codes[each.codes], "known"))
    return known

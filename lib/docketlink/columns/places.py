"""When and where a record belongs: its month and its area, for accounts that add up to all records."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.columns.dates import parsed_date, without_placeholder
from docketlink.columns.text import trimmed
from docketlink.config.source import SourceConfig
from docketlink.config.table import AreaColumns

UNKNOWN = "unknown"


def month(raw: Column | None, formats: Sequence[str]) -> Column:
    """The month of a date as ``yyyy-MM``; ``unknown`` for one that is missing, incomplete or a placeholder. Never NULL."""
    if raw is None:
        return F.lit(UNKNOWN)
    return F.coalesce(F.date_format(without_placeholder(parsed_date(raw, formats)), "yyyy-MM"), F.lit(UNKNOWN))


def year(month: Column) -> Column:
    """The year of a month."""
    return F.substring_index(month, "-", 1)


def area(raw: Column | None) -> Column:
    """The code of a court or establishment, trimmed; ``unknown`` for none. Never NULL."""
    return F.lit(UNKNOWN) if raw is None else F.coalesce(trimmed(raw), F.lit(UNKNOWN))


def area_code(named: AreaColumns | None) -> Column:
    """The code that the columns of an area name, as events have it; ``unknown`` for none. Never NULL."""
    if named is None:
        return F.lit(UNKNOWN)
    return area(F.coalesce(*(_place(trimmed(F.col(f"`{name}`").cast("string")), named) for name in named.columns)))


def _place(text: Column, named: AreaColumns) -> Column:
    placed = F.when(~text.isin(*named.none), text) if named.none else text
    return F.substring(placed, 1, named.first) if named.first else placed


def place_of(source: SourceConfig, table: str) -> tuple[Column, Column]:
    """``month, area_code`` of the rows of a landing table, by the columns that the source's YAML names."""
    period = source.period_of(table)
    raw_date = F.col(f"`{period.column}`").cast("string") if period else None
    return month(raw_date, period.formats if period else ()).alias("month"), area_code(source.area_of(table)).alias("area_code")

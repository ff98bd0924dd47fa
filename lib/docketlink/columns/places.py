"""When and where a record belongs: its month and its area, for accounts that add up to all records."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from docketlink.columns.dates import parsed_date, without_placeholder
from docketlink.columns.text import trimmed
from docketlink.config.source import SourceConfig

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


def place_of(source: SourceConfig, table: str) -> tuple[Column, Column]:
    """``month, area_code`` of the rows of a landing table, by the columns that the source's YAML names."""
    period, area_column = source.period_of(table), source.area_of(table)
    raw_date = F.col(f"`{period.column}`").cast("string") if period else None
    raw_area = F.col(f"`{area_column}`").cast("string") if area_column else None
    return month(raw_date, period.formats if period else ()).alias("month"), area(raw_area).alias("area_code")

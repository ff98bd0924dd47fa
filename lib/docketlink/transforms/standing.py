"""Rows that stand: without those that later ones superseded, with the columns that they take along from other tables."""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.dates import parsed_date
from docketlink.columns.keys import bare
from docketlink.config.nested import Latest, Taken
from docketlink.config.source import SourceConfig
from docketlink.config.table import TableConfig

_LATEST = "_latest"


def standing(raw: Mapping[str, DataFrame], source: SourceConfig) -> dict[str, DataFrame]:
    """Each table's rows after its ``latest`` rules, in their order, and with the columns of its ``takes``. No join adds a row."""
    whole = {name: raw[name] for name in source.tables if name in raw}
    latest = {name: reduce(lambda rows, rule, n=name: _latest(rows, rule, n, whole, source), source.tables[name].latest, frame)  # type: ignore[misc]
              for name, frame in whole.items()}  # fmt: skip
    return {name: reduce(lambda rows, taken: _with_taken(rows, taken, latest), source.tables[name].takes, frame)
            for name, frame in latest.items()}  # fmt: skip


def is_made(name: str, source: SourceConfig) -> bool:
    """Whether ``standing`` or a derivation computes the table anew, so that whoever uses it several times had better keep it."""
    table = source.tables[name]
    return bool(table.latest or table.takes or table.derived)


def _latest(rows: DataFrame, rule: Latest, name: str, whole: Mapping[str, DataFrame], source: SourceConfig) -> DataFrame:
    decider = rule.among or name
    witness, table = (whole[decider] if rule.among else rows), source.tables[decider]
    place = F.struct(
        *(_sortable(c, table).alias(f"by_{i}") for i, c in enumerate(rule.by)), _arrival(witness, rule, table).alias("arrival")
    )
    best = witness.groupBy(*(bare(c).alias(f"_per_{i}") for i, c in enumerate(rule.per))).agg(F.max(place)["arrival"].alias(_LATEST))
    found = rows.join(best, on=[bare(c) == F.col(f"_per_{i}") for i, c in enumerate(rule.per)], how="inner")
    return found.where(_arrival(rows, rule, source.tables[name]).eqNullSafe(F.col(_LATEST))).select(*rows.columns)


def _arrival(rows: DataFrame, rule: Latest, table: TableConfig) -> Column:
    """Delivery, file and line of a row; without ``among`` its own place, so that of two rows of a line one stands."""
    position = F.col(f"`{table.line_column()}`").try_cast("bigint") if rule.among else F.col("ordinal").cast("bigint")
    return F.struct(*(F.col(c) for c in ("snapshot_date", "source_file") if c in rows.columns), position.alias("position"))


def _sortable(name: str, table: TableConfig) -> Column:
    column, text = table.columns[name], F.col(f"`{name}`")
    if column.type in ("digits", "decimal"):
        return text.try_cast("decimal(38,6)")
    return parsed_date(text, column.formats) if column.type == "date" else text


def _with_taken(rows: DataFrame, taken: Taken, tables: Mapping[str, DataFrame]) -> DataFrame:
    """``rows`` with the columns of the row they name, NULL where there is none; its native key makes it one."""
    there = tables[taken.table].select(*(bare(c).alias(f"_on_{i}") for i, c in enumerate(taken.on.values())), *taken.columns)
    joined = rows.join(there, on=[bare(own) == F.col(f"_on_{i}") for i, own in enumerate(taken.on)], how="left")
    return joined.select(*rows.columns, *(F.col(f"`{name}`") for name in taken.columns))

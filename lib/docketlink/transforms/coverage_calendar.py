"""The coverage calendar: for each source, area and month, whether the absence of an event means that nothing happened.

What owners declare of a source wins; elsewhere a month is held against the months around it. docs/sources.md has the rules.
"""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from docketlink.columns.places import area
from docketlink.config.coverage import Coverage
from docketlink.config.source import SourceConfig
from docketlink.contracts.events import COVERAGE_CALENDAR

MONTHS_EACH_SIDE = 6
FEW = 5.0  # events a month: with fewer expected, a month without any says nothing
PARTIAL_BELOW = 0.5  # of what is expected
STRAY = 0.05  # of the events of all sources that cover an area: what is left behind, or came early
_CELL = ("source", "area_code", "month")


def coverage_calendar(court_event: DataFrame, received_file: DataFrame, sources: Sequence[SourceConfig]) -> DataFrame:
    """``research.coverage_calendar`` of the sources that declare a coverage; at least one must.

    A row for each month from the first one declared to the last, or to that of the source's latest snapshot, in every area in which
    a source of the same coverage has events.
    """
    covering = [(source.source, source.coverage) for source in sources if source.coverage]
    month = F.trunc("event_date", "month").alias("month")
    dated = court_event.where(F.col("event_date").isNotNull()).select("source", area(F.col("area_code")).alias("area_code"), month)
    counted = dated.groupBy(*_CELL).agg(F.count(F.lit(1)).alias("rows"))
    latest = received_file.groupBy("source").agg(F.max("snapshot_date").alias("snapshot_date"))
    peers = {name: [n for n, c in covering if _covers(n, c) == _covers(name, coverage)] for name, coverage in covering}
    grid = reduce(DataFrame.unionByName, [_grid(name, coverage, peers[name], counted, latest) for name, coverage in covering])
    filled = grid.join(counted, list(_CELL), how="left").withColumn("rows", F.coalesce("rows", F.lit(0).cast("long")))
    return COVERAGE_CALENDAR.conform(_judged(_with_peers(_with_expected(filled))))


def _covers(name: str, coverage: Coverage) -> str:
    return coverage.covers or name


def _grid(name: str, coverage: Coverage, peers: Sequence[str], counted: DataFrame, latest: DataFrame) -> DataFrame:
    """Every month of the source in every area of it and its peers, with what is declared."""
    areas = counted.where(F.col("source").isin(*peers)).select("area_code").distinct()
    first, declared_last = _day(coverage.first), _day(coverage.last) if coverage.last else F.lit(None).cast("date")
    last = F.least(F.trunc("snapshot_date", "month"), declared_last)
    months = latest.where(F.col("source") == name).select(
        "source", F.explode(F.when(first <= last, F.sequence(first, last, F.expr("INTERVAL 1 MONTH")))).alias("month")
    )
    return months.crossJoin(areas).select(
        *_CELL,
        F.lit(coverage.kind).alias("kind"),
        F.lit(_covers(name, coverage)).alias("covers"),
        _declared(coverage).alias("declared"),
    )


def _day(month: str) -> Column:
    return F.lit(f"{month}-01").cast("date")


def _declared(coverage: Coverage) -> Column:
    """``coverage, note`` of the first window that holds for the month and area; NULL for none."""
    found = F.lit(None).cast("struct<coverage:string,note:string>")
    for window in reversed(coverage.windows):
        holds = F.col("month") >= _day(window.first)
        if window.last:
            holds = holds & (F.col("month") <= _day(window.last))
        if window.areas:
            holds = holds & F.col("area_code").isin(*window.areas)
        found = F.when(holds, F.struct(F.lit(window.coverage).alias("coverage"), F.lit(window.note).alias("note"))).otherwise(found)
    return found


def _with_expected(cells: DataFrame) -> DataFrame:
    """``expected_rows``: the median of the months around, or half the median of all months of the area where that is more.

    The months around follow growth and decline; all months together still know what was usual in the middle of a long hole.
    """
    in_order = Window.partitionBy("source", "area_code").orderBy("month")
    before = F.collect_list("rows").over(in_order.rowsBetween(-MONTHS_EACH_SIDE, -1))
    after = F.collect_list("rows").over(in_order.rowsBetween(1, MONTHS_EACH_SIDE))
    usual = F.median("rows").over(Window.partitionBy("source", "area_code"))
    around = _median(F.sort_array(F.concat(before, after)))
    return cells.withColumn("expected_rows", F.greatest(F.coalesce(around, F.lit(0.0)), usual * 0.5))


def _median(ordered: Column) -> Column:
    """The median of a sorted array; NULL of an empty one."""
    size = F.size(ordered)
    low, high = F.get(ordered, ((size - 1) / 2).cast("int")), F.get(ordered, (size / 2).cast("int"))
    return F.when(size > 0, (low + high) / 2)


def _with_peers(cells: DataFrame) -> DataFrame:
    """Events of all sources of one coverage, and whether this one has most of them in its area and month."""
    together = Window.partitionBy("covers", "area_code", "month")
    most_first = together.orderBy(F.col("rows").desc(), F.col("expected_rows").desc(), "source")
    return cells.withColumn("rows_of_all", F.sum("rows").over(together)).withColumn("has_most", F.row_number().over(most_first) == 1)


def _judged(cells: DataFrame) -> DataFrame:
    rows, others, expected = F.col("rows"), F.col("rows_of_all") - F.col("rows"), F.col("expected_rows")
    is_stray = rows < STRAY * F.col("rows_of_all")
    others_are_stray = others < STRAY * F.col("rows_of_all")
    judged = (
        F.when((others > 0) & (rows == 0), _verdict("none", "another source has the area"))
        .when((others > 0) & is_stray, _verdict("partial", "another source has the area; few events here"))
        .when((others > 0) & ~others_are_stray, _verdict("migrating", "events in several sources"))
        .when(expected < FEW, _verdict("full", "too few events to judge"))
        .when(rows == 0, _verdict("none", "no event where some are expected"))
        .when(rows < PARTIAL_BELOW * expected, _verdict("partial", "fewer events than expected"))
        .otherwise(_verdict("full", None))
    )
    known = cells.withColumn("verdict", F.coalesce("declared", judged))
    return known.select(
        *_CELL,
        "verdict.coverage",
        "kind",
        "rows",
        "expected_rows",
        (F.col("has_most") & (F.col("verdict.coverage") != "none")).alias("is_primary_source"),
        "verdict.note",
    )


def _verdict(coverage: str, note: str | None) -> Column:
    return F.struct(F.lit(coverage).alias("coverage"), F.lit(note).cast("string").alias("note"))

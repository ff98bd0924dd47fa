"""Up to when a source could have told what happened: after that its silence means nothing."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.transforms.kernel_coverage import ANYWHERE


def observation_end(received_file: DataFrame, coverage_calendar: DataFrame | None) -> DataFrame:
    """``source, observation_end``: a day for each source that has delivered anything.

    The latest snapshot, or the last day of the last month in which the calendar has the source cover an area, if that is earlier.
    Sources outside of the calendar are observed up to their snapshot.
    """
    snapshot = received_file.groupBy("source").agg(F.max("snapshot_date").alias("snapshot_date"))
    if coverage_calendar is None:
        return snapshot.select("source", F.col("snapshot_date").alias("observation_end"))
    covered = coverage_calendar.where("coverage <> 'none'").groupBy("source").agg(F.last_day(F.max("month")).alias("covered_to"))
    return snapshot.join(covered, "source", how="left").select("source", F.least("snapshot_date", "covered_to").alias("observation_end"))


def coverage_cells(coverage_calendar: DataFrame, system_of: DataFrame, systems: Sequence[str]) -> DataFrame:
    """``system, area_code, month, coverage``: what the sources of some systems cover, of each area and, under ``ANYWHERE``, of the country.

    ``system_of`` is ``source, system``. A row a source, so that a cell has several where sources share a system.
    """
    of_system = coverage_calendar.join(F.broadcast(system_of.where(F.col("system").isin(*systems))), "source", how="inner")
    return of_system.select("system", F.explode(F.array("area_code", F.lit(ANYWHERE))).alias("area_code"), "month", "coverage")


def days_since_1970(day: Column) -> Column:
    """A date as a whole number, as kernels take it."""
    return F.datediff(day, F.lit("1970-01-01").cast("date"))

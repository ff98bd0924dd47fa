"""What is known, and up to when: one day that panels end with, and the coverage of areas that their kernels ask."""

from datetime import date
from typing import cast

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.errors import StorageError
from docketlink.runtime.job import Job
from docketlink.transforms.kernel_coverage import Watched


def systems_of_sources(job: Job) -> DataFrame:
    """``source, system`` of the run's sources."""
    return job.spark.createDataFrame([(source.source, source.system) for source in job.sources], "source string, system string")


def last_observed(observed: DataFrame) -> date:
    """The last day on which any source could have told something; one row is fetched."""
    row = observed.agg(F.max("observation_end").alias("day")).first()
    if row is None or row.day is None:
        raise StorageError("no source has delivered anything to build panels of.", next_step="run ingest_source.")
    return cast(date, row.day)


def watched(covered: DataFrame, last_day: date) -> Watched:
    """``covered_areas`` as kernels take it: a row an area, of which a country has hundreds."""
    rows = covered.collect()
    first = min((row["first"] for row in rows), default=last_day)
    return Watched.of(((row.system, row.area_code, row.month_arr) for row in rows), first, last_day)

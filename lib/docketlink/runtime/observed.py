"""Up to when anything is known: one day that panels end with."""

from datetime import date
from typing import cast

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.errors import StorageError


def last_observed(observed: DataFrame) -> date:
    """The last day on which any source could have told something; one row is fetched."""
    row = observed.agg(F.max("observation_end").alias("day")).first()
    if row is None or row.day is None:
        raise StorageError("no source has delivered anything to build panels of.", next_step="run ingest_source.")
    return cast(date, row.day)

"""Rows of a table told as what a new version takes over from the one before, and what it makes anew."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

LEAVES = "leaves"


@dataclass(frozen=True)
class Revision:
    """What a table, or a slice of it, is to hold: the rows of ``before`` that do not leave, and ``fresh`` ones.

    ``before`` are all rows that the slice holds at one version, with a boolean ``leaves`` beside the table's columns.
    """

    before: DataFrame
    fresh: DataFrame

    @property
    def kept(self) -> DataFrame:
        """The rows that stay."""
        return self.before.where(~F.col(LEAVES)).drop(LEAVES)

    @property
    def rows(self) -> DataFrame:
        """All rows that the slice is to hold."""
        return self.kept.unionByName(self.fresh)


def all_rows(given: DataFrame | Revision) -> DataFrame:
    """The rows given, however they are told."""
    return given.rows if isinstance(given, Revision) else given

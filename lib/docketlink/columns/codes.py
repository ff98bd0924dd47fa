"""Conditions on a column."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F


def is_one_of(column: Column, values: Sequence[str]) -> Column:
    """Whether the trimmed value is among ``values``, case kept; an empty text among them stands for no value, ``*`` for any. Never NULL."""
    text = F.coalesce(F.trim(column), F.lit(""))
    return (text != "") | text.isin(*values) if "*" in values else text.isin(*values)

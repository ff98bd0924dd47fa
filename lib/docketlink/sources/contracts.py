"""The raw and truth tables that a source's YAML implies."""

from collections.abc import Iterable

from pyspark.sql.types import StringType

from docketlink.config.source import SourceConfig
from docketlink.contracts import Field, Privacy, Table
from docketlink.contracts.arrivals import raw_table
from docketlink.contracts.truth import truth_table


def raw_tables(source: SourceConfig) -> dict[str, Table]:
    """Landing table name to the contract of its raw table."""
    return {
        name: raw_table(
            source.source,
            name,
            [Field(c, StringType(), column.about, False, Privacy(column.privacy)) for c, column in table.kept_columns().items()],
        )
        for name, table in source.landed.items()
    }


def source_tables(sources: Iterable[SourceConfig]) -> list[Table]:
    """Every table that follows from these sources."""
    tables = []
    for source in sources:
        tables += [*raw_tables(source).values(), truth_table(source.source)]
    return tables

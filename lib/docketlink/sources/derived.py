"""Tables that a source declares as derived: made of its landed rows where its shape is none that YAML should describe."""

from collections.abc import Callable, Mapping

from pyspark.sql import DataFrame

from docketlink.config.source import SourceConfig
from docketlink.sources import caseman, familyman

Raw = Mapping[str, DataFrame]

_MADE_BY: Mapping[str, Callable[[Raw], dict[str, DataFrame]]] = {"familyman": familyman.derive, "caseman": caseman.derive}


def with_derived(raw: Raw, source: SourceConfig) -> dict[str, DataFrame]:
    """``raw`` and the derived tables of the source, each with the columns that the YAML declares and the place of its row."""
    derived = {name: table for name, table in source.tables.items() if table.derived}
    made = {by: _MADE_BY[by](raw) for by in sorted({table.derived.by for table in derived.values() if table.derived})}
    shaped = {
        name: made[table.derived.by][name].select("source_file", "ordinal", *(f"`{column}`" for column in table.columns))
        for name, table in derived.items()
        if table.derived
    }
    return {**raw, **shaped}

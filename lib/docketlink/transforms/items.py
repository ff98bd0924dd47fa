"""Items: the questions of wide tables, one row for each that was answered."""

import re

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.columns.codes import is_one_of
from docketlink.columns.text import trimmed
from docketlink.config.source import SourceConfig
from docketlink.errors import ConfigError
from docketlink.transforms.kernel_spec import Tokens
from docketlink.transforms.nodes import ID, Raw, record_keyed

_VERSION = re.compile(r"_v(\d+)(?=_|$)")


def items(raw: Raw, source: SourceConfig, table: str, *, tokens: Tokens) -> DataFrame:
    """``record_id``, the table's native key, ``item, item_version, value, value_raw``: a row for each question with an answer.

    A version in a column's name, as in ``question_10_7_v2_histpsych``, is a later wording of the item: both wordings are rows
    of one item. ``value`` is NULL where the answer is one that the YAML calls missing; an empty column has no row. Raises
    ConfigError for a table without items.
    """
    declared, native_key = source.tables[table].items, source.tables[table].native_key
    if declared is None:
        raise ConfigError(f"source {source.source}: table {table} declares no items.", next_step="name their prefix in the source's YAML.")
    columns = [name for name in source.tables[table].kept_columns() if name.startswith(declared.prefix)]
    answers = F.array(*(_answer(name, *item_of(name, declared.prefix), declared.missing) for name in columns))
    rows = record_keyed(raw, source, tokens, of_node=(*native_key, *columns) if table == source.record.table else ())[table]
    return rows.select(ID, *native_key, F.inline(F.filter(answers, lambda answer: answer["value_raw"].isNotNull())))


def item_of(column: str, prefix: str) -> tuple[str, int]:
    """The item and the version of its wording that a column holds: ``10_7_histpsych`` and 2."""
    name = column.removeprefix(prefix)
    found = _VERSION.search(name)
    return _VERSION.sub("", name, count=1), int(found.group(1)) if found else 1


def _answer(column: str, item: str, version: int, missing: tuple[str, ...]) -> Column:
    raw = trimmed(F.col(f"`{column}`").cast("string"))
    return F.struct(
        F.lit(item).alias("item"),
        F.lit(version).alias("item_version"),
        F.when(~is_one_of(raw, missing), raw).alias("value"),
        raw.alias("value_raw"),
    )

"""The content hash of a frame: the same for the same rows, in whatever order, partitions or files."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StructType

_BITS = 21  # of the lower parts: sums of so small numbers stay below 2**63 for a million million rows
_LOW = 2**_BITS - 1
# The default pattern of JSON drops microseconds, and its zone is the session's.
_JSON_OPTIONS = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", "timeZone": "UTC"}


def content_hash_columns(frame: DataFrame, where: Column | None = None) -> tuple[Column, Column]:
    """Two aggregates over ``frame``: ``rows`` (bigint) and ``content_hash`` (text of an integer; "0" without rows).

    With ``where``, which is never NULL, of the rows that it holds for alone.

    The hash is a sum over rows, so that those of disjoint parts add up to that of the whole. Columns enter by name, each after
    a flag that says whether it is NULL: ``xxhash64`` skips NULLs, and without flags (NULL, 'a') would equal ('a', NULL). Since a sum
    of 64-bit integers overflows, their upper, middle and lower bits are summed apart and put together at the end: adding a
    decimal for each row took a twentieth longer.
    """
    parts = [part for f in sorted(frame.schema.fields, key=lambda f: f.name) for part in _parts(f.name, f.dataType)]
    row = F.xxhash64(*parts) if where is None else F.when(where, F.xxhash64(*parts))
    low, middle = row.bitwiseAND(F.lit(_LOW)), F.shiftright(row, _BITS).bitwiseAND(F.lit(_LOW))
    sums = [F.sum(bits).cast("decimal(20,0)") for bits in (F.shiftright(row, 2 * _BITS), middle, low)]
    total = (sums[0] * F.lit(2 ** (2 * _BITS)) + sums[1] * F.lit(2**_BITS) + sums[2]).cast("decimal(38,0)")
    counted = F.count(F.lit(1)) if where is None else F.count_if(where)
    return counted.alias("rows"), F.coalesce(total, F.lit(0)).cast("string").alias("content_hash")


def _parts(name: str, kind: DataType) -> tuple[Column, Column]:
    column = F.col(f"`{name}`")
    nested = isinstance(kind, ArrayType | MapType | StructType)
    # NULLs inside arrays, maps and structs would be skipped too; as JSON they are written.
    return column.isNull(), F.to_json(_ordered(column, kind), _JSON_OPTIONS) if nested else column


def _ordered(column: Column, kind: DataType) -> Column:
    """The value with every map in it as its entries, sorted: two maps are equal whatever the order of their entries."""
    if not _has_map(kind):
        return column
    if isinstance(kind, MapType):
        entries = F.transform(
            F.map_entries(column),
            lambda entry: F.struct(entry["key"].alias("key"), _ordered(entry["value"], kind.valueType).alias("value")),
        )
        return F.array_sort(entries)
    if isinstance(kind, ArrayType):
        return F.transform(column, lambda element: _ordered(element, kind.elementType))
    if isinstance(kind, StructType):
        fields = [_ordered(column[f.name], f.dataType).alias(f.name) for f in kind.fields]
        return F.when(column.isNotNull(), F.struct(*fields))
    return column


def _has_map(kind: DataType) -> bool:
    if isinstance(kind, ArrayType):
        return _has_map(kind.elementType)
    if isinstance(kind, StructType):
        return any(_has_map(f.dataType) for f in kind.fields)
    return isinstance(kind, MapType)

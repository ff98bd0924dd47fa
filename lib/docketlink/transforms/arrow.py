"""Kernels on frames: what ``mapInArrow`` needs to know of a kernel's batches."""

from collections.abc import Callable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame

_NAMES = {pa.string(): "string", pa.bool_(): "boolean", pa.int64(): "bigint", pa.int32(): "int", pa.date32(): "date"}
Kernel = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def through(frame: DataFrame, kernel: Kernel, schema: pa.Schema) -> DataFrame:
    """What the kernel makes of the frame's batches, which have ``schema``."""
    return frame.mapInArrow(kernel, ", ".join(f"`{f.name}` {_spark_type(f.type)}" for f in schema))


def _spark_type(kind: pa.DataType) -> str:
    if pa.types.is_map(kind):
        return f"map<{_spark_type(kind.key_type)},{_spark_type(kind.item_type)}>"
    if pa.types.is_list(kind):
        return f"array<{_spark_type(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{f.name}:{_spark_type(f.type)}' for f in kind)}>"
    return _NAMES[kind]

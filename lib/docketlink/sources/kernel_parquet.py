"""Parquet files as text columns in row order; runs on executors."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from docketlink.sources.kernel_spec import FileSpec, UnusableFileError

_ROWS = 65_536


def parquet_columns(file: Any) -> list[str]:
    """Top-level column names of the file, in its order."""
    return list(_opened(file).schema_arrow.names)


def read_parquet(file: Any, spec: FileSpec) -> Iterator[pa.Table]:
    """Every row in order, each declared column as text: dates as yyyy-MM-dd, numbers as they print. UnusableFileError when unreadable."""
    opened = _opened(file)
    nested = [f.name for f in opened.schema_arrow if pa.types.is_nested(f.type)]
    if nested:
        raise UnusableFileError("UNREADABLE", f"column '{nested[0]}' is nested; its values are no text")
    try:
        for batch in opened.iter_batches(_ROWS, columns=[c.header for c in spec.columns], use_threads=False):
            yield pa.table([_text(column) for column in batch.columns], [f"f{i}" for i in range(batch.num_columns)])
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, pa.ArrowMemoryError):
            raise
        raise UnusableFileError("UNREADABLE", "holds Parquet pages that cannot be read") from None


def _opened(file: Any) -> Any:
    file.seek(0)
    try:
        return parquet.ParquetFile(file, page_checksum_verification=True)
    except (OSError, pa.ArrowException):
        raise UnusableFileError("UNREADABLE", "is not a sound Parquet file") from None


def _text(column: Any) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type) or pa.types.is_fixed_size_binary(column.type):
        return column.cast(pa.binary())
    return column.cast(pa.string(), safe=False)

"""Appends the record id of node rows to a frame; runs on executors."""

from collections.abc import Iterator

import pyarrow as pa

from docketlink.transforms.kernel_spec import KeySpec, Tokens
from docketlink.transforms.kernel_values import Columns, record_ids, row_deleted


def append_ids(
    batches: Iterator[pa.RecordBatch], spec: KeySpec, tokens: Tokens, id_name: str, deleted_name: str
) -> Iterator[pa.RecordBatch]:
    """Each batch with the record id, NULL for a row without its key, and whether the row was withdrawn; other columns as they came."""
    for batch in batches:
        columns = Columns(batch)
        appended = [pa.array(record_ids(columns, spec, tokens), pa.string()), pa.array(row_deleted(columns, spec.deleted), pa.bool_())]
        schema = batch.schema.append(pa.field(id_name, pa.string())).append(pa.field(deleted_name, pa.bool_()))
        yield pa.RecordBatch.from_arrays([*batch.columns, *appended], schema=schema)

"""Executor side: many rows as one value, so that Spark's shuffle moves a few large values and never touches a record.

A record on its own costs Spark about ten microseconds on its way through a shuffle and in and out of Python; inside a blob, one.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

BLOB_ROWS = 250_000  # rows of a packed blob: tens of megabytes, far below the 2 GB that Spark can hold in one value
TASK_BYTES = 500_000_000  # of a task's blobs at most: Spark hands them over as one Arrow array, which ends at a gigabyte
SCHEMA = "part int, blob binary"
_ARROW = pa.schema([("part", pa.int32()), ("blob", pa.binary())])
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def row(part: int, table: pa.Table) -> pa.RecordBatch:
    """One row of ``SCHEMA`` that holds the whole table."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_OPTIONS) as writer:
        writer.write_table(table)
    content = sink.getvalue()
    blob = pa.Array.from_buffers(pa.binary(), 1, [None, pa.array([0, content.size], pa.int32()).buffers()[1], content])
    return pa.RecordBatch.from_arrays([pa.array([part], pa.int32()), blob], schema=_ARROW)


def tables(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.Table]]:
    """Part and rows of every blob."""
    for batch in batches:
        for part, blob in zip(batch.column("part").to_pylist(), batch.column("blob"), strict=True):
            yield part, pa.ipc.open_stream(blob.as_buffer()).read_all()


def by_part(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """One row of ``SCHEMA`` a part; ``table`` is ordered by its first column, ``part``, which is left out."""
    return (row(part, rows) for part, rows in runs(table))


def runs(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Each stretch of rows with one value in the first column, which is left out, and the value."""
    parts = table.column(0)
    rest = table.drop_columns([table.column_names[0]])
    ends = parts.combine_chunks() if parts.num_chunks != 1 else parts.chunk(0)
    found = pc.run_end_encode(ends)
    start = 0
    for part, end in zip(found.values.to_pylist(), found.run_ends.to_pylist(), strict=True):
        yield part, rest.slice(start, end - start)
        start = end


def gathered(batches: Iterable[pa.RecordBatch], rows: int = BLOB_ROWS) -> Iterator[pa.Table]:
    """The batches as tables of at least so many rows, the last one apart."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        if batch.num_rows:
            held.append(batch)
            count += batch.num_rows
        if count >= rows:
            yield pa.Table.from_batches(held)
            held, count = [], 0
    if held:
        yield pa.Table.from_batches(held)

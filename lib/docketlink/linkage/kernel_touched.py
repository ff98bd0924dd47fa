"""Executor side of finding what changed: rows of then and now held against each other by their hashes."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from docketlink.linkage import kernel_blobs

NODE = "record_node long"
_BLOB_ROWS = 2_000_000  # thirty bytes each


def cut(batches: Iterable[pa.RecordBatch], parts: int) -> Iterator[pa.RecordBatch]:
    """The rows, of which the first column is the hash, as blobs, those of one hash in one part: a row of their own costs as much as ten."""
    for table in kernel_blobs.gathered(batches, _BLOB_ROWS):
        part = (table.column(0).to_numpy() % parts).astype(np.int16 if parts <= 2**15 else np.int32)
        order = np.argsort(part, kind="stable")
        columns = {name: table.column(name).to_numpy()[order] for name in table.column_names}
        yield from kernel_blobs.by_part(pa.table({"part": part[order], **columns}))


def differing(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """``NODE`` of the rows that are there more often then than now, or the other way round; a node may come twice.

    The rows come as blobs of ``cut``, a task holds all rows of a hash. A row is its hash, its ``sign`` (1 now, -1 then), and the nodes
    of the records that it is about.
    Sorting numbers takes a third of the time of counting them in Spark's map of keys, most of which occur twice.
    """
    tables = [table for _, table in kernel_blobs.tables(batches)]
    if not tables:
        return
    row, sign, *nodes = (column.to_numpy() for column in pa.concat_tables(tables).columns)
    tables.clear()
    order = np.argsort(row)
    row = row[order]
    starts = np.flatnonzero(np.concatenate([[True], row[1:] != row[:-1]]))
    more = np.add.reduceat(sign[order].astype(np.int64), starts) != 0
    some = order[np.repeat(more, np.diff(np.append(starts, len(row))))]
    found = np.unique(np.concatenate([node[some] for node in nodes]))
    yield pa.RecordBatch.from_pydict({"record_node": pa.array(found, pa.int64())})

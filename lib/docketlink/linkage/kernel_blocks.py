"""Executor side of blocking: records packed into blobs."""

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from docketlink.linkage import kernel_blobs
from docketlink.linkage.kernels import connection

Rows = Iterator[pa.RecordBatch]
RECORDS, SIZES, CHANGED, COUNTS = range(4)  # parts of a packed frame; from the last one on, a part of the counts each


def pack(
    batches: Iterable[pa.RecordBatch], parts: tuple[str, ...], memory: str, beside: Callable[[Connection, pa.Table], Rows] | None = None
) -> Rows:
    """The records as blobs, their number as ``total`` of part -1, and how many share the most common value of each DuckDB expression.

    ``beside`` gives further rows of what it finds registered as ``arrived``.
    """
    with connection(memory) as con:
        records, common = 0, [[0, 0] for _ in parts]
        for table in kernel_blobs.gathered(batches):
            con.register("arrived", table)
            for i, part in enumerate(parts):
                sizes = con.sql(f"SELECT count({part}) AS n FROM arrived GROUP BY hash({part})")  # noqa: S608 - of a checked model
                largest, total = sizes.aggregate("coalesce(max(n), 0), coalesce(sum(n), 0)").fetchall()[0]
                common[i] = [common[i][0] + int(largest), common[i][1] + int(total)]
            if beside:
                yield from beside(con, table)
            con.unregister("arrived")
            records += table.num_rows
            yield kernel_blobs.row(RECORDS, table)
        columns = {"part": range(-1, len(parts)), "largest": [0, *(c[0] for c in common)], "total": [records, *(c[1] for c in common)]}
        yield kernel_blobs.row(SIZES, pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()}))


def group_column(family: int, expression: str) -> str:
    """SQL of one group: a 63-bit number."""
    return f"(hash({family}, 'group', ({expression})) >> 1)::BIGINT AS group_{family}"

"""Executor side of the audit: keys that stand in more than one row."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

REPEATED = "repeated long"


def repeated(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row of ``REPEATED``: how often a number of the first column is that of another row before it, in a task that holds all of it.

    Sorting eight bytes a row takes half the time of counting them in Spark's map of keys, most of which occur once.
    """
    columns = [batch.column(0).to_numpy() for batch in batches]
    numbers = np.sort(np.concatenate(columns)) if columns else np.empty(0, dtype=np.int64)
    yield pa.RecordBatch.from_pydict({"repeated": pa.array([np.count_nonzero(numbers[1:] == numbers[:-1])], pa.int64())})

"""What goes wrong with deliveries, once each: a column renamed, a column added, a file cut short, a file sent twice."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from docketlink.synthetic.draws import NATION, Stage, stream
from docketlink.synthetic.parameters import Plan

RENAMED, ADDED, TRUNCATED, TWICE = "column renamed", "column added", "file truncated", "file sent twice"
KINDS = (RENAMED, ADDED, TRUNCATED, TWICE)
_ADDED_COLUMN, _KEPT = "extract_batch", 0.6  # of the bytes of a file that was cut short


@dataclass(frozen=True)
class Fault:
    """One fault of one table in one extract: of columns in every file, of files in the first."""

    kind: str
    draw: float  # decides which column

    def in_file(self, number: int) -> bool:
        """Whether the fault shows in a file."""
        return self.kind in (RENAMED, ADDED) or number == 0

    def applied(self, content: pa.Table, kept: Sequence[str | None]) -> pa.Table:
        """The rows as the delivery has them; no column of ``kept`` has another name."""
        if self.kind == RENAMED:
            others = [name for name in content.column_names if name not in kept]
            column = others[int(self.draw * len(others))]
            return content.rename_columns([f"{name}_new" if name == column else name for name in content.column_names])
        if self.kind == ADDED:
            return content.append_column(_ADDED_COLUMN, pa.array(["1"] * content.num_rows, pa.string()))
        return content

    def bytes_kept(self, size: int) -> int:
        """How many bytes of a file arrive."""
        return int(size * _KEPT) if self.kind == TRUNCATED else size


def faults(plan: Plan, tables: Sequence[str], messages: Sequence[str]) -> dict[tuple[str, int], Fault]:
    """The faults of a plan by table (``source.table``) and weeks before the last extract.

    Four tables have one each, in different extracts if it can be. ``tables`` have columns, ``messages`` do not.
    """
    if not plan.delivery_faults:
        return {}
    rng = stream(plan.seed, NATION, Stage.DELIVERY)
    of_columns = [tables[n] for n in rng.permutation(len(tables))[:2]]
    left = [name for name in (*tables, *messages) if name not in of_columns]
    of_files = [left[n] for n in rng.permutation(len(left))[:2]]
    draws = rng.random(len(KINDS)).tolist()
    weeks = [place % plan.extracts for place in reversed(range(len(KINDS)))]
    return {(name, week): Fault(kind, draw) for kind, name, week, draw in zip(KINDS, (*of_columns, *of_files), weeks, draws, strict=True)}

"""Merging under rules on components of known shape: build/bench/merge.json has seconds and memory of each, in a process of its own.

A chain, a star and a complete graph, large people that must stay apart, many decisions to part, and many components of two to six
records. It ends with 1 when a case takes more than a minute or 3 GB.

    python benchmarks/merge_bounds.py [--scale 1.0] [--case chain …]
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from docketlink.linkage.kernel_arrivals import BIRTH, CANNOT, CRO, DATE_OF_BIRTH, EDGE, NAME, PLACE, PNC, RECORD
from docketlink.linkage.kernel_clusters import merge_components
from docketlink.linkage.kernel_rules import Rules
from docketlink.runtime.provenance import code_version

FILE = Path("build/bench/merge.json")
SECONDS, MEGABYTES = 60.0, 3_000.0
SINGLE = Rules(mean=False, attach_records=0)
MEAN = Rules()
_BITS = (2.0, 4.25, 13.3)
_FORENAMES = np.array(["ANN", "ROSE", "TOM", "JACK", "LILY", "OMAR", "EVA", "IAN"])

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def chain(n: int) -> pa.Table:
    """Records of one person in a row, names in any order."""
    order = np.random.default_rng(1).permutation(n)
    return arrivals(n, order[:-1], order[1:], np.random.default_rng(2).uniform(2, 25, n - 1))


def star(n: int) -> pa.Table:
    """One record that all others resemble."""
    return arrivals(n, np.zeros(n - 1, np.int64), np.arange(1, n), np.random.default_rng(2).uniform(2, 25, n - 1))


def complete(n: int) -> pa.Table:
    """Every record resembles every other one."""
    left, right = np.triu_indices(n, 1)
    return arrivals(n, left, right, np.random.default_rng(2).uniform(2, 25, len(left)))


def two_people(n: int) -> pa.Table:
    """A complete graph in which the halves speak against each other, but for one pair in twenty between them."""
    left, right = np.triu_indices(n, 1)
    draw = np.random.default_rng(2)
    between = np.where(draw.random(len(left)) < 0.05, draw.uniform(2, 12, len(left)), -9.0)
    return arrivals(n, left, right, np.where(left % 2 == right % 2, draw.uniform(3, 25, len(left)), between))


def numbers_differ(n: int) -> pa.Table:
    """A star whose leaves hold two register numbers of their own each."""
    table = star(n)
    return _with_values(table, [[_tagged(PNC, 2 * i), _tagged(PNC, 2 * i + 1)] for i in range(n)])


def cannot_links(n: int) -> pa.Table:
    """``n`` records that many edges join, and a tenth as many decisions to part, at least a thousand where ``n`` is 10,000."""
    draw = np.random.default_rng(4)
    pairs = np.unique(np.sort(draw.integers(0, n, (5 * n, 2)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    row = np.arange(n - 1)
    pairs = np.unique(np.concatenate([pairs, np.stack([row, row + 1], axis=1)]), axis=0)
    parted = draw.choice(len(pairs), n // 10, replace=False)
    weight = draw.uniform(2, 25, len(pairs))
    decided = arrivals(0, pairs[parted, 0], pairs[parted, 1], weight[parted], kind=CANNOT)
    return pa.concat_tables([arrivals(n, pairs[:, 0], pairs[:, 1], weight), decided])


def small(n: int, most: int = 6) -> pa.Table:
    """``n`` components of two to ``most`` records of one person each, every pair of a component scored."""
    draw = np.random.default_rng(5)
    size = draw.integers(2, most + 1, n)
    first = np.append(0, np.cumsum(size))[:-1]
    component = np.repeat(np.arange(n), size)
    a, b = np.triu_indices(most, 1)
    here = b[None, :] < size[:, None]
    left, right = (first[:, None] + a[None, :])[here], (first[:, None] + b[None, :])[here]
    weight = draw.normal(14, 7, len(left))
    weight[(left == first[component[left]])] = np.maximum(weight[left == first[component[left]]], 2.5)  # all hang together
    person = draw.integers(0, 2**40, n)[component]
    slip = (draw.random((len(component), 4)) < 0.15) * draw.integers(1, 2**40, (len(component), 4))
    table = arrivals(len(component), left, right, weight, component=component, born=1950 + person % 50)
    kinds = (NAME, DATE_OF_BIRTH, PLACE, BIRTH)
    values = np.stack([_tagged(kind, person + slip[:, at]) for at, kind in enumerate(kinds)], axis=1).tolist()
    for row in np.flatnonzero(draw.random(len(component)) < 0.3).tolist():
        values[row].append(int(_tagged(CRO, person[row])))
    forenames = _FORENAMES[person % len(_FORENAMES)].tolist()
    return _with_values(table, values, [[name] for name in forenames], (person + slip[:, 0]).tolist())


def pairs(n: int) -> pa.Table:
    """``n`` components of two records."""
    return small(n, 2)


def arrivals(
    n: int, left: Longs, right: Longs, weight: Floats, *, component: Longs | None = None, born: Longs | None = None, kind: int = EDGE
) -> pa.Table:
    """What ``merge_components`` takes: ``n`` records, and edges between them by number."""
    of_record = np.zeros(n, np.int64) if component is None else component
    of_edge = np.zeros(len(left), np.int64) if component is None else component[left]
    level = np.searchsorted(_BITS, weight, side="right")
    records = pa.table(
        {
            "component": of_record,
            "kind": np.full(n, RECORD, np.int32),
            "left": np.arange(n),
            "record_id": [f"{i:012d}" for i in range(n)],
            "born": pa.array(np.full(n, 1970) if born is None else born, pa.int32()),
            "born_by": pa.nulls(n, pa.int32()),
            "value_arr": pa.array([[]] * n, pa.list_(pa.int64())),
            "forename_arr": pa.array([[]] * n, pa.list_(pa.string())),
        }
    )
    edges = pa.table(
        {
            "component": of_edge,
            "kind": np.full(len(left), kind, np.int32),
            "left": np.asarray(left, np.int64),
            "right": np.asarray(right, np.int64),
            "weight": weight,
            "level": level.astype(np.int32),
        }
    )
    return pa.concat_tables([_SCHEMA.empty_table(), records, edges], promote_options="default")


def _tagged(kind: int, value: Any) -> Any:
    return (value << 3) | kind


def _with_values(
    table: pa.Table, values: list[list[int]], forenames: Sequence[Sequence[str]] = (), identity: Sequence[int] = ()
) -> pa.Table:
    n = len(values)
    rest = table.num_rows - n
    columns = {
        "value_arr": pa.array([*values, *[None] * rest], pa.list_(pa.int64())),
        "forename_arr": pa.array([*(forenames or [[]] * n), *[None] * rest], pa.list_(pa.string())),
        "identity": pa.array([*(identity or [None] * n), *[None] * rest], pa.int64()),
    }
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


_SCHEMA = pa.schema(
    {
        "component": pa.int64(),
        "kind": pa.int32(),
        "left": pa.int64(),
        "right": pa.int64(),
        "weight": pa.float64(),
        "level": pa.int32(),
        "record_id": pa.string(),
        "identity": pa.int64(),
        "born": pa.int32(),
        "value_arr": pa.list_(pa.int64()),
        "forename_arr": pa.list_(pa.string()),
    }
)
CASES: dict[str, tuple[Callable[[int], pa.Table], int, Rules]] = {
    "chain": (chain, 100_000, MEAN),
    "chain, single": (chain, 100_000, SINGLE),
    "star": (star, 100_000, MEAN),
    "star, single": (star, 100_000, SINGLE),
    "complete graph": (complete, 2_000, MEAN),
    "complete graph, single": (complete, 2_000, SINGLE),
    "two people, every pair scored": (two_people, 2_000, MEAN),
    "star of numbers that differ": (numbers_differ, 100_000, MEAN),
    "1,000 cannot-links": (cannot_links, 10_000, MEAN),
    "1,000 cannot-links, single": (cannot_links, 10_000, SINGLE),
    "components of 2 to 6": (small, 200_000, MEAN),
    "components of 2": (pairs, 200_000, MEAN),
}


def measured(case: str, scale: float) -> dict[str, Any]:
    """Records, edges, seconds of ``merge_components``, and MB that this process grew by, at its largest."""
    make, size, rules = CASES[case]
    table = make(int(size * scale))
    batches = table.to_batches(max_chunksize=10_000)
    edges = int(np.count_nonzero(table.column("kind").to_numpy() == EDGE))
    records = int(np.count_nonzero(table.column("kind").to_numpy() == RECORD))
    del table
    started = time.process_time()
    rows = clusters = alerts = 0
    for batch in merge_components(batches, rules):
        rows += batch.num_rows
        alerts += batch.num_rows - batch.column("rule").null_count
        if batch.num_rows and batch.column("rule")[0].as_py() is None and batch.column("threshold")[0].as_py() == "low":
            clusters += len(batch.column("cluster_id").unique())
    seconds = time.process_time() - started
    return {
        "records": records,
        "edges": edges,
        "processor_seconds": round(seconds, 2),
        "records_a_second": round(records / seconds),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),  # arrivals included
        "clusters_at_low": clusters,
        "alerts": alerts,
    }


@click.command()
@click.option("--scale", default=1.0, show_default=True)
@click.option("--case", "cases", multiple=True, type=click.Choice([*CASES]))
@click.option("--here", is_flag=True, help="In this process, to the terminal; one case.")
def main(scale: float, cases: Sequence[str], *, here: bool) -> None:
    """Measures the cases one after the other."""
    chosen = cases or [*CASES]
    if here:
        click.echo(json.dumps(measured(chosen[0], scale)))
        return
    found = {}
    for case in chosen:
        command = [sys.executable, __file__, "--here", "--scale", str(scale), "--case", case]
        found[case] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        click.echo(f"{case}: {found[case]}")
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps({"scale": scale, "code": code_version(), "cases": found}, indent=2) + "\n")
    if any(case["processor_seconds"] > SECONDS or case["peak_mb"] > MEGABYTES for case in found.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()

"""What RUN_MANIFEST tells a job of the runs before it: its own last one, and what a slice was made from."""

import json
from collections.abc import Collection, Mapping
from threading import Lock
from typing import NamedTuple

from pyspark.sql import Row
from pyspark.sql import functions as F

from docketlink.contracts.runs import RUN_MANIFEST
from docketlink.storage.lake import Lake, TableState


class Version(NamedTuple):
    """A version of a table that something was made from, and the hash of what it held."""

    delta_version: int
    content_hash: str


class Manifest:
    """The runs that ended before a job asked first, until ``forget``. ``writes`` names the tables that the job may write."""

    def __init__(self, lake: Lake, job: str, writes: Collection[str]) -> None:
        self._lake = lake
        self._job = job
        self._writes = writes
        self._told: dict[str, list[Row]] = {}
        self._asking = Lock()  # steps of a job run side by side

    def last_run(self) -> list[Row]:
        """What the job's last complete run wrote or found unchanged, a row a slice; empty where it never ran."""
        rows = self._of(self._job)
        last = _last(rows)
        return [row for row in rows if last and (row.run_id, row.finished_at) == (last.run_id, last.finished_at)]  # a label may come twice

    def tells_of_all(self, states: Mapping[str, TableState | None]) -> bool:
        """Whether complete runs, of whatever job, left every slice that these tables hold: none is of a run that stopped halfway."""
        told = {(row.table, row.slice, row.content_hash) for row in self._rows(self._job)}
        return all(
            (name, part, held.content_hash) in told
            for name, state in states.items()
            if state
            for part, held in state.slices.items()
            if held.rows
        )

    def run_that_left(self, table: str, part: str, content_hash: str, *, by: str = "") -> Row | None:
        """The last run of the job, or of the one that ``by`` names, that wrote a slice; None where the slice holds something else now."""
        last = _last([row for row in self._of(by or self._job) if (row.table, row.slice) == (table, part)])
        return last if last and last.content_hash == content_hash else None

    def forget(self) -> None:
        """Let it ask again."""
        self._told.clear()

    def _of(self, job: str) -> list[Row]:
        return [row for row in self._rows(job) if row.job == job]

    def _rows(self, job: str) -> list[Row]:
        """A row a slice that a run wrote: of a job; of the one that asks, also of any other that wrote its tables."""
        with self._asking:
            if job not in self._told:
                about = F.col("job") == job
                if job == self._job:
                    about |= F.col("table").isin(sorted(self._writes))
                self._told[job] = self._lake.read(RUN_MANIFEST).where(about).collect() if self._lake.exists(RUN_MANIFEST) else []
            return self._told[job]


def told_inputs(inputs: Mapping[str, Version]) -> str:
    """``inputs_json`` of the tables that a run read, by name."""
    return json.dumps({name: f"{version.delta_version}:{version.content_hash}" for name, version in inputs.items()}, sort_keys=True)


def inputs_of(run: Row) -> Mapping[str, Version]:
    """What ``told_inputs`` was given."""
    told = {name: said.split(":") for name, said in json.loads(run.inputs_json).items()}
    return {name: Version(int(version), content_hash) for name, (version, content_hash) in told.items()}


def _last(rows: list[Row]) -> Row | None:
    return max(rows, key=lambda row: (row.finished_at, row.run_id), default=None)

"""Snapshots that differ too much from the one before are held until somebody accepts them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from pyspark.sql import DataFrame, Row

from docketlink.config.load import digest
from docketlink.config.source import SourceConfig
from docketlink.contracts.arrivals import RECEIVED_FILE
from docketlink.errors import HeldError, SourceError
from docketlink.runtime.extracts import loaded_snapshots
from docketlink.runtime.job import Job
from docketlink.sources.changes import changes
from docketlink.sources.contracts import raw_tables


def hold_sudden_change(job: Job, source: SourceConfig, day: date, nodes: DataFrame, files: Iterable[tuple[str, str, str]]) -> None:
    """HeldError when the delivery's node rows are too few, or spread too differently, against the newest snapshot before.

    What was loaded once with the same files is not judged again; other files for a date that was loaded are, and logged with the
    hashes of both.
    """
    name = f"{source.source}/{day}"
    loaded = loaded_files(job, source, day)
    files_before = digest(sorted((row.table, row.source_file, row.sha256) for row in loaded)) if loaded else ""
    files_now = digest(sorted(files))
    if files_before == files_now:
        return
    if files_before:
        job.log.warning("snapshot_delivered_anew", snapshot=name, files_before=files_before, files_now=files_now)
    earlier = [each for each in loaded_snapshots(job, source) if each < day]
    if not earlier:
        return
    node = raw_tables(source)[source.node_landing]
    before = job.read_slice(node, {"snapshot_date": max(earlier)}, counted=False)
    found = changes(before, nodes, [*source.gate.largest_shift]).collect()  # a row a column
    faults = [*_too_far(source, found, f"{source.node_landing} of {day}", str(max(earlier)))]
    if faults and name in job.config.settings.deliveries.accept:
        job.log.warning("held_snapshot_accepted", snapshot=name, faults=len(faults))
    elif faults:
        raise HeldError(source.source, faults, [name])


def loaded_files(job: Job, source: SourceConfig, day: date) -> list[Row]:
    """The account of the files that were loaded for a date, empty when there were none."""
    state = job.state(RECEIVED_FILE)
    if state is None or f"source={source.source}/snapshot_date={day}" not in state.slices:
        return []
    return job.read_slice(RECEIVED_FILE, {"source": source.source, "snapshot_date": day}, counted=False).collect()  # a row a file


def stopped_sources(stopped: Mapping[str, SourceError]) -> SourceError:
    """One error for all sources that were stopped: a hold when none of them has another fault."""
    names = sorted(stopped)
    faults = [fault for name in names for fault in stopped[name].faults]
    held = [snapshot for name in names if isinstance(error := stopped[name], HeldError) for snapshot in error.held]
    if held and all(isinstance(stopped[name], HeldError) for name in names):
        return HeldError(", ".join(names), faults, held)
    also = f"; for what is HELD, --set deliveries.accept=[{','.join(held)}] if it is right" if held else ""
    step = f"correct or remove what is named{also}, and run again; the tables of the last good run stand."
    return SourceError(", ".join(names), faults, next_step=step)


def _too_far(source: SourceConfig, found: Iterable[Row], what: str, before: str) -> Iterator[str]:
    gate = source.gate
    for row in sorted(found, key=lambda row: str(row.column)):
        if row.column == "":
            drop = 1 - row.rows_now / row.rows_before if row.rows_before else 0.0
            if drop > gate.largest_drop and source.extracts == "full":  # an appended one has as many rows as there was news
                yield f"{what} has {drop:.1%} fewer rows than that of {before}; gate.largest_drop is {gate.largest_drop:.1%} (HELD)"
        elif row.distance > gate.largest_shift[row.column]:
            bound = gate.largest_shift[row.column]
            yield (
                f"{what}: the values of {row.column} are spread otherwise than those of {before}, at a distance of {row.distance:.3f}; "
                f"gate.largest_shift is {bound:.3f} (HELD)"
            )

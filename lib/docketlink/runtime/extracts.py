"""The extracts of a source that the job's raw tables hold: which there are, the latest one, and those that are kept."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame

from docketlink.config.source import SourceConfig
from docketlink.contracts.arrivals import RECEIVED_FILE, REJECTED_ROW
from docketlink.errors import StorageError
from docketlink.runtime.job import Job
from docketlink.sources.changes import newest_rows
from docketlink.sources.contracts import raw_tables
from docketlink.sources.derived import with_derived
from docketlink.sources.landing import Delivery
from docketlink.storage.state import TableState


def latest_extract(job: Job, source: SourceConfig) -> tuple[date, Mapping[str, DataFrame]]:
    """Date of the newest snapshot that the node table of the source holds, and each table's rows as of that date, derived ones too.

    Deliveries may arrive in any order: the newest date wins, not the last arrival. Of a source whose extracts are appended, the
    newest row of each native key over all of them. StorageError when nothing was loaded.
    """
    loaded = loaded_snapshots(job, source)
    if not loaded:
        raise StorageError(f"source {source.source} was never loaded.", next_step="run jobs/ingest_source.py first.")
    snapshot_date = loaded[-1]
    if source.extracts == "appended":
        raw = {name: newest_rows(job.read(table), source.tables[name].native_key) for name, table in raw_tables(source).items()}
    else:
        raw = {name: job.read_slice(table, {"snapshot_date": snapshot_date}) for name, table in raw_tables(source).items()}
    return snapshot_date, with_derived(raw, source)


def loaded_snapshots(job: Job, source: SourceConfig) -> list[date]:
    """The snapshots of which the node table holds rows, by date."""
    return _dates(job.state(raw_tables(source)[source.node_landing]))


def deliveries_to_load(job: Job, source: SourceConfig, landed: Sequence[Delivery]) -> list[Delivery]:
    """Those of the landed deliveries that ``raw`` would keep, by date, so that nothing is loaded only to be dropped."""
    kept = _kept(job, source, {*loaded_snapshots(job, source), *(delivery.snapshot_date for delivery in landed)})
    return [delivery for delivery in landed if delivery.snapshot_date in kept]


def drop_old_extracts(job: Job, source: SourceConfig) -> None:
    """Drops the snapshots beyond those that are kept from every raw table of the source and from their accounts, a commit each.

    The accounts go last: raw never holds rows of files whose account is missing.
    """
    kept = _kept(job, source, {*loaded_snapshots(job, source)})
    old: set[date] = set()
    for contract in raw_tables(source).values():
        gone = [day for day in _dates(job.state(contract)) if day not in kept]
        old |= {*gone}
        for day in gone:
            job.drop(contract, {"snapshot_date": day})
    for account in (REJECTED_ROW, RECEIVED_FILE):
        for day in snapshots_of(job.state(account), source.source):
            if day not in kept:
                job.drop(account, {"source": source.source, "snapshot_date": day})
    if old:
        job.log.info("old_snapshots_dropped", source=source.source, snapshots=len(old), kept=len(kept))


def snapshots_of(state: TableState | None, source: str) -> list[date]:
    """The snapshots of a source of which a table for all sources holds slices, by date."""
    return sorted(_days_of(state.slices, f"source={source}/")) if state else []


def _kept(job: Job, source: SourceConfig, dates: set[date]) -> set[date]:
    if source.extracts == "appended":
        return dates  # no later extract holds what an older one does
    settings = job.config.settings.deliveries
    pinned = {day for day in dates if f"{source.source}/{day}" in settings.pinned_snapshots}
    return {*sorted(dates)[-settings.keep_snapshots :]} | pinned


def _dates(state: TableState | None) -> list[date]:
    return sorted(_days_of({n: s for n, s in state.slices.items() if s.rows}, "")) if state else []


def _days_of(slices: Mapping[str, object], prefix: str) -> set[date]:
    """The snapshot dates in names of slices that begin so."""
    named = (name.removeprefix(prefix) for name in slices if name.startswith(prefix))
    return {date.fromisoformat(name.partition("=")[2]) for name in named}

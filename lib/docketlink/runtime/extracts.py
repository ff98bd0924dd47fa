"""The latest extract of a source, as the job's raw tables hold it."""

from collections.abc import Mapping
from datetime import date

from pyspark.sql import DataFrame

from docketlink.config.source import SourceConfig
from docketlink.errors import StorageError
from docketlink.runtime.job import Job
from docketlink.sources.contracts import raw_tables
from docketlink.sources.derived import with_derived


def latest_extract(job: Job, source: SourceConfig) -> tuple[date, Mapping[str, DataFrame]]:
    """Date of the newest snapshot that the node table of the source holds, and each table's rows of that date, derived ones too.

    Deliveries may arrive in any order: the newest date wins, not the last arrival. StorageError when nothing was loaded.
    """
    contracts = raw_tables(source)
    state = job.state(contracts[source.node_landing])
    if state is None or not state.slices:
        raise StorageError(f"source {source.source} was never loaded.", next_step="run jobs/ingest_source.py first.")
    snapshot_date = max(date.fromisoformat(name.partition("=")[2]) for name in state.slices)
    raw = {name: job.read_slice(table, {"snapshot_date": snapshot_date}) for name, table in contracts.items()}
    return snapshot_date, with_derived(raw, source)

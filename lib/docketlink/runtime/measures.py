"""Measures each loaded snapshot once: what its columns hold, and whether every record is accounted for."""

from functools import partial

from pyspark.sql import functions as F

from docketlink.config.source import SourceConfig
from docketlink.contracts.arrivals import RECEIVED_FILE, REJECTED_ROW
from docketlink.contracts.measures import RECONCILIATION, SOURCE_QUALITY
from docketlink.errors import StorageError
from docketlink.runtime.extracts import loaded_snapshots, snapshots_of
from docketlink.runtime.job import Job, Slice
from docketlink.sources.contracts import raw_tables
from docketlink.transforms.source_quality import cell_counts, reconciliation, source_quality

MUCH_UNMAPPED = 0.1  # share of the filled values; domain.md 4


def measure_source(job: Job, source: SourceConfig) -> None:
    """Both tables of every snapshot that is loaded, each from its own rows alone; those of snapshots that are gone are dropped."""
    loaded = loaded_snapshots(job, source)
    for day in loaded:
        slice_: Slice = {"source": source.source, "snapshot_date": day}
        tables = raw_tables(source)
        parts = [*((table, {"snapshot_date": day}) for table in tables.values()), (REJECTED_ROW, slice_), (RECEIVED_FILE, slice_)]
        made_of = job.slice_hash(source.model_dump(mode="json"), parts)
        if all(job.came_from(table, slice_, made_of) for table in (SOURCE_QUALITY, RECONCILIATION)):
            continue
        raw = {name: job.read_slice(table, {"snapshot_date": day}) for name, table in tables.items()}
        rejected = job.read_slice(REJECTED_ROW, slice_)
        counts = job.hold(cell_counts(raw, source, day))
        job.together(
            partial(job.write, SOURCE_QUALITY, source_quality(counts, rejected, source, day), where=slice_, only_from=made_of),
            partial(job.write, RECONCILIATION, reconciliation(counts, rejected, source, day), where=slice_, only_from=made_of),
        )
        _require_account(job, source, slice_)
        if day == loaded[-1]:
            _warn_of_unmapped(job, source, slice_)
    for table in (SOURCE_QUALITY, RECONCILIATION):
        for day in snapshots_of(job.state(table), source.source):
            if day not in loaded:
                job.drop(table, {"source": source.source, "snapshot_date": day})


def _require_account(job: Job, source: SourceConfig, slice_: Slice) -> None:
    """StorageError unless the months and areas of each table add up to what its files held."""
    counted = job.read_slice(RECONCILIATION, slice_, counted=False).groupBy("table").agg(F.sum("received").alias("accounted"))
    files = job.read_slice(RECEIVED_FILE, slice_, counted=False).groupBy("table").agg(F.sum("received").alias("received"))
    both = files.join(counted, "table", how="full").na.fill(0, ["received", "accounted"])
    faults = [f"{row.table} has {row.received} and {row.accounted}" for row in both.where("received <> accounted").collect()]
    if faults:
        raise StorageError(
            f"source {source.source}, snapshot {slice_['snapshot_date']}: records received and records accounted for differ: "
            f"{'; '.join(sorted(faults))}.",
            next_step="run jobs/ingest_source.py again; compare raw.received_file with the raw table and raw.rejected_row.",
        )


def _warn_of_unmapped(job: Job, source: SourceConfig, slice_: Slice) -> None:
    column = job.read_slice(SOURCE_QUALITY, slice_, counted=False).groupBy("table", "column")
    filled = F.sum("rows") - F.sum("missing")
    share = column.agg((F.sum("unmapped") / F.when(filled > 0, filled)).alias("share")).where(F.col("share") > MUCH_UNMAPPED)
    for row in sorted(share.collect()):  # a row a column
        job.log.warning("codes_unmapped", source=source.source, table=row.table, column=row.column, share=round(row.share, 3))

"""What is read of landed files before any of it is published: staged Parquet in the raw zone, gone when the block ends."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from pyarrow import fs
from pyspark.sql import DataFrame, Row

from docketlink.config.load import digest
from docketlink.config.source import SourceConfig
from docketlink.runtime.job import Job
from docketlink.sources.contracts import raw_tables
from docketlink.sources.ingest import GROUP_SCHEMA, dealt, group_rows, hash_files, stage_files, staged_schemas
from docketlink.sources.kernel_stream import filesystem
from docketlink.sources.landing import Delivery
from docketlink.storage.locks import table_lock
from docketlink.storage.paths import lock_folder, zone_root


@dataclass(frozen=True)
class Staged:
    """What the files of some deliveries hold: a fact for each file and table that reads it, and the rows."""

    job: Job
    source: SourceConfig
    folder: str
    facts: Mapping[date, Sequence[Row]]

    def sound(self, day: date, table: str) -> DataFrame:
        """The rows of a table in which no fault was found."""
        schema, _ = staged_schemas(self.source.tables[table])
        return self._rows({fact.sound_in for fact in self.facts[day] if fact.table == table}, schema)

    def faulty(self, day: date, table: str) -> DataFrame:
        """The rows of a table with their faults."""
        _, schema = staged_schemas(self.source.tables[table])
        return self._rows({fact.faulty_in for fact in self.facts[day] if fact.table == table}, schema)

    def _rows(self, names: set[str | None], schema: object) -> DataFrame:
        paths = [f"{self.folder}/{name}" for name in sorted(filter(None, names))]
        reader = self.job.spark.read.schema(schema)  # type: ignore[arg-type]
        return reader.parquet(*paths) if paths else self.job.spark.createDataFrame([], schema)  # type: ignore[call-overload]


@contextmanager
def staged(job: Job, source: SourceConfig, deliveries: Sequence[Delivery]) -> Iterator[Staged]:
    """Reads every file of the deliveries once, to a private folder beside the raw tables."""
    with _folder(job, source) as folder:
        facts: dict[date, list[Row]] = {delivery.snapshot_date: [] for delivery in deliveries}
        if groups := dealt(deliveries, source):
            frame = job.spark.createDataFrame(group_rows(groups), GROUP_SCHEMA)
            read = stage_files(frame, source, [*facts], tasks=len(groups), folder=for_arrow(folder))
            with job.watch(f"read {source.source}"):
                found = read.collect()  # as many rows as files and tables that read them
            for fact in found:
                facts[date.fromisoformat(fact.snapshot_date)].append(fact)
        yield Staged(job, source, folder, facts)


def hashes(job: Job, source: SourceConfig, deliveries: Sequence[Delivery]) -> dict[tuple[date, str], tuple[int, str]]:
    """Size and SHA-256 of every file, by snapshot date and path."""
    groups = dealt(deliveries, source)
    frame = job.spark.createDataFrame(group_rows(groups), GROUP_SCHEMA)
    found = hash_files(frame, tasks=len(groups)).collect()  # as many rows as files
    return {(date.fromisoformat(row.snapshot_date), row.path): (row.bytes, row.sha256) for row in found}


def for_arrow(path: str) -> str:
    """A path of Spark's as pyarrow names it: its S3 is called otherwise."""
    return path.replace("s3a://", "s3://", 1) if path.startswith("s3a://") else path


@contextmanager
def _folder(job: Job, source: SourceConfig) -> Iterator[str]:
    """A new folder for this run. What an earlier run left behind when it was killed is removed, where a lock tells that it ended."""
    settings, node = job.config.settings.storage, raw_tables(source)[source.node_landing]
    root, locks, prefix = zone_root(settings, node), lock_folder(settings, node), f"_staging_{source.source}-"
    store, store_root = filesystem(for_arrow(root))
    name = f"{prefix}{digest(job.run_id)[:16]}"
    with table_lock(locks, f"_staging_{source.source}", settings.lock_wait_seconds, job=job.declaration.job, run=job.run_id):
        entries = store.get_file_info(fs.FileSelector(store_root, allow_not_found=True))
        left = [entry.path for entry in entries if entry.base_name.startswith(prefix) and (locks or entry.base_name == name)]
        if left:
            job.log.warning("staged_files_of_an_earlier_run_removed", source=source.source, folders=len(left))
        for path in left:
            store.delete_dir(path)
        store.create_dir(f"{store_root}/{name}", recursive=True)
        try:
            yield f"{root}/{name}"
        finally:
            store.delete_dir(f"{store_root}/{name}")

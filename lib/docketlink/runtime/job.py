"""What a job is handed: its configuration, the tables that it declared, and a record of what it did."""

import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Lock
from types import TracebackType
from typing import Self, TypeVar

import structlog
from pyspark.sql import DataFrame, SparkSession

from docketlink.config.load import Configuration, digest
from docketlink.config.settings import Stage
from docketlink.config.source import SourceConfig
from docketlink.contracts import Revision, Table
from docketlink.contracts.runs import RUN_MANIFEST
from docketlink.contracts.tables import FIXED_TABLES
from docketlink.disclosure.keys import Keys
from docketlink.errors import ConfigError, StorageError
from docketlink.runtime.declaration import Declaration
from docketlink.runtime.manifest import Manifest, Version, inputs_of, told_inputs
from docketlink.runtime.progress import progress
from docketlink.runtime.provenance import code_version
from docketlink.runtime.resources import peak_memory_mb
from docketlink.sources.contracts import source_tables
from docketlink.storage.audit import held_on_disk
from docketlink.storage.lake import Lake, Stamp, TableState, Written
from docketlink.storage.state import Slice as StorageSlice

_AT_ONCE = 4  # steps side by side; more would only wait for the driver

Slice = Mapping[str, str | int | date]
Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass
class Tally:
    """What a job did, for the summary: rows read and written, rows set aside, seconds, what it wrote."""

    job: str
    rows_in: int = 0
    rows_out: int = 0
    set_aside: int = 0
    seconds: float = 0.0
    unchanged: bool = False
    read: set[str] = field(default_factory=set)
    written: list[tuple[Written, Stamp]] = field(default_factory=list)


class Job:
    """One run of one job. Tables are read and written through it, so that zones, versions and the manifest hold."""

    def __init__(self, declaration: Declaration, run_id: str, config: Configuration, spark: SparkSession) -> None:
        self.declaration = declaration
        self.run_id = run_id
        self.config = config
        self.spark = spark
        self.lake = Lake(spark, config.settings.storage)
        self.log = structlog.get_logger().bind(job=declaration.job)
        self.tally = Tally(declaration.job)
        self._at_end = ExitStack()
        self._inputs: dict[str, Version] = {}
        self._states: dict[str, TableState] = {}
        self._manifest = Manifest(self.lake, declaration.job, [table.full_name for table in self._tables(declaration.writes)])
        self._counting = Lock()  # steps run side by side
        self._started = time.monotonic()

    @property
    def code_version(self) -> str:
        """What code runs: that of the package, and the job's own."""
        return code_version(self.declaration.code)

    # Tables

    def read(self, table: Table, *, version: int | None = None) -> DataFrame:
        """The table's rows as the job first saw them, or those of a pinned version."""
        self._allow_read(table)
        if version is None and (state := self._seen(table)):
            self.count(rows_in=state.rows)
            version = state.delta_version
        return self.lake.read(table, version=version)

    def read_slice(self, table: Table, where: Slice, *, counted: bool = True) -> DataFrame:
        """The rows of one slice of a partitioned table; ``counted`` says whether they are rows that the job takes in."""
        self._allow_read(table)
        state = self._seen(table)
        frame = self.lake.read(table, version=state.delta_version if state else None)
        for column, value in where.items():
            frame = frame.where(frame[column] == value)
        if counted and state:
            named = {f"{column}={value}" for column, value in where.items()}
            self.count(rows_in=sum(s.rows for name, s in state.slices.items() if named <= set(name.split("/"))))
        return frame

    def state(self, table: Table) -> TableState | None:
        """Version, rows and slices of a declared table, or None when nothing was ever written to it."""
        only_written = {*self.declaration.writes} - {*self.declaration.reads}
        if not self.declaration.covers(table.full_name, tuple(only_written)):
            self._allow_read(table)
        return self._seen(table)

    def write(
        self,
        table: Table,
        rows: DataFrame | Revision,
        *,
        where: Slice | None = None,
        inputs: str = "",
        only_from: str = "",
        allow_empty: bool = False,
        audit: bool = True,
        at_rest: bool = False,
    ) -> Written:
        """Replaces the table, or the slice ``where``, in one commit; the same content makes no new version.

        ``inputs`` is the hash of what the job read beside declared tables, as landed files; ``only_from`` that of all that the slice
        comes from, where that is less than all that the job reads (``slice_hash``); the others are those of ``Lake.replace``.
        """
        self.declaration.allow_write(table)
        with progress(self.spark, f"{self.declaration.job}: write {table.name}", self.log.info):
            stamp = self._stamp(inputs or only_from)
            own = Stamp(self.run_id, self.declaration.job, only_from) if only_from else stamp
            written = self.lake.replace(table, rows, own, where=where, allow_empty=allow_empty, audit=audit, at_rest=at_rest)
            return self._note(written, stamp)

    def all_stand(self, writes: Sequence[tuple[Table, Slice | None, str]]) -> bool:
        """Whether each of these slices was last written from its inputs, so that a write of it would change nothing."""
        return all(self.lake.standing(table, self._stamp(inputs), where=where) for table, where, inputs in writes)

    def let_stand(self, writes: Sequence[tuple[Table, Slice | None, str]]) -> None:
        """Notes these slices, which all stand, as written and unchanged."""
        for table, where, inputs in writes:
            self.declaration.allow_write(table)
            stamp = self._stamp(inputs)
            if written := self.lake.standing(table, stamp, where=where):
                self._note(written, stamp)

    def slice_hash(self, meaning: object, parts: Sequence[tuple[Table, Slice]]) -> str:
        """Hash of code, of what the configuration says of a slice (``meaning``), and of the content of the slices it is made of."""
        contents = []
        for table, where in parts:
            state = self.state(table)
            held = state.within(StorageSlice.of(table, where)) if state else None
            contents.append([table.full_name, held.content_hash if held else "0"])
        return digest([self.declaration.job, self.code_version, meaning, contents])

    def came_from(self, table: Table, where: Slice, input_hash: str) -> bool:
        """Whether the slice of a table that the job writes was last written from these inputs."""
        state = self.state(table)
        held = state.within(StorageSlice.of(table, where)) if state else None
        return held is not None and held.input_hash == input_hash

    @contextmanager
    def alone(self, table: Table) -> Iterator[None]:
        """Holds off other runs that would make the next version of a table that the job reads and writes; see ``Lake.alone``.

        What the job saw of its inputs before it had to wait is forgotten: it starts from what the other run left.
        """
        self.declaration.allow_write(table)
        with self.lake.alone(table, self._stamp("")):
            self._states.clear()
            self._manifest.forget()
            yield

    def made_from(self, table: Table, where: Slice | None = None, *, alike: bool = False, by: str = "") -> Mapping[str, Version]:
        """Versions of the tables that a slice, as it is now, was made from by this job; empty when no run is known to have made it.

        ``by`` names another job; ``alike`` asks for a run with the code and the configuration of this one.
        """
        state, part = self._seen(table), StorageSlice.of(table, where)
        held = state.within(part) if state else None
        if held is None:
            return {}
        run = self._manifest.run_that_left(table.full_name, part.name, held.content_hash, by=by)
        if run is None or (alike and (run.code_version, run.config_hash) != (self.code_version, self.config.hash)):
            return {}
        return inputs_of(run)

    def read_as_of(self, table: Table, versions: Mapping[str, Version]) -> DataFrame | None:
        """The table at its version among ``versions``; None where it is not named, no longer kept, or another than it was.

        A number alone names nothing for good: a folder that was put back from a backup counts on from there.
        """
        made = versions.get(table.full_name)
        if made is None:
            return None
        try:
            frame = self.read(table, version=made.delta_version)
            state = self.lake.state(table, version=made.delta_version)
        except StorageError:
            return None
        return frame if state is not None and state.content_hash == made.content_hash else None

    def drop(self, table: Table, where: Slice) -> Written:
        """Removes a slice in a commit of its own; one that the table does not hold makes no version."""
        self.declaration.allow_write(table)
        stamp = self._stamp("")
        return self._note(self.lake.drop(table, stamp, where=where), stamp)

    def drop_others(self, table: Table, column: str, kept: Collection[str]) -> None:
        """Removes the slices whose ``column`` has another value than ``kept``: of a stage or a source that is no longer configured."""
        for value in sorted(self.held(table, column) - {*kept}):
            self.drop(table, {column: value})

    def held(self, table: Table, column: str) -> set[str]:
        """The values of a partition column that the table holds rows of, as its commit says."""
        state = self._seen(table)
        return {StorageSlice.named(name).where[column] for name, s in state.slices.items() if s.rows} if state else set()

    def insert(self, table: Table, frame: DataFrame) -> Written:
        """Adds the rows whose key the table does not hold yet; what is there never changes."""
        self.declaration.allow_write(table)
        stamp = self._stamp("")
        return self._note(self.lake.insert(table, frame, stamp), stamp)

    def together(self, *steps: Callable[[], object]) -> None:
        """Runs independent steps side by side, as writes of different tables: planning one overlaps computing another.

        Every step is run to its end; then the first error, in the order given, is raised.
        """
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            for step in [pool.submit(step) for step in steps]:
                step.result()

    def ahead(self, prepare: Callable[[Item], Made], items: Sequence[Item]) -> Generator[Made]:
        """What ``prepare`` makes of each item, in order; the next one is made while the caller works with the one before.

        An error of ``prepare`` is raised where its result would come. Close the iterator (``contextlib.closing``): what is being made is
        then waited for, so that nothing of the job goes on when it has ended.
        """
        with ThreadPoolExecutor(max_workers=1) as pool:
            context = copy_context()  # log lines of the thread carry what those of the job do
            making = pool.submit(context.run, prepare, items[0])
            for item in items[1:]:
                made, making = making.result(), pool.submit(context.run, prepare, item)
                yield made
            yield making.result()

    def hold(self, frame: DataFrame) -> DataFrame:
        """The frame, computed once and kept on disk until the job ends."""
        held = held_on_disk(frame)
        self.at_end(held.unpersist)
        return held

    def at_end(self, release: Callable[[], object]) -> None:
        """What to call when the job ends, however it does; what is called before that must bear to be called again."""
        self._at_end.callback(release)

    def watch(self, doing: str) -> "progress":
        """Shows how far a long step is, while it runs."""
        return progress(self.spark, f"{self.declaration.job}: {doing}", self.log.info)

    def count(self, *, rows_in: int = 0, rows_out: int = 0, set_aside: int = 0) -> None:
        """Adds to what the summary says of the job."""
        with self._counting:
            self.tally.rows_in += rows_in
            self.tally.rows_out += rows_out
            self.tally.set_aside += set_aside

    # What the configuration names

    @property
    def sources(self) -> list[SourceConfig]:
        """The sources of the run, in the order of the configuration. Raises ConfigError when there is none."""
        if not self.config.sources:
            raise ConfigError("sources names no source.", next_step="add a configuration that does; conf/demo.yml shows one.")
        return list(self.config.sources.values())

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The linkage stages of the run. Raises ConfigError when there is none."""
        if not self.config.settings.linkage.stages:
            raise ConfigError("linkage.stages names no stage.", next_step="add a configuration that does; conf/demo.yml shows one.")
        return self.config.settings.linkage.stages

    def declared_tables(self) -> list[Table]:
        """Every table that the job declares, patterns resolved by the configured sources."""
        return self._tables((*self.declaration.reads, *self.declaration.writes))

    @property
    def keys(self) -> Keys:
        """The programme's keys, fetched by reference."""
        return Keys.load(self.config.settings.keys, self.config.settings.data)

    # What is already done

    def input_hash(self) -> str:
        """Hash of code, configuration, keys and the content of every declared table that the job does not write itself."""
        contents = {}
        for table in self._inputs_of_others():
            if state := self._seen(table):
                contents[table.full_name] = state.content_hash
                self._inputs[table.full_name] = Version(state.delta_version, state.content_hash)
        return digest([self.declaration.job, self.code_version, self.config.hash, self.keys.fingerprint, contents])

    def done_before(self) -> bool:
        """Whether the last complete run of this job had the same inputs, and its tables hold what it left: nothing of one that stopped.

        Never for a job whose inputs are not tables, as landed files: it looks at them itself.
        """
        states = {table.full_name: self.lake.state(table) for table in self._tables(self.declaration.writes)}
        if self.declaration.reads_files or not self._inputs_of_others() or not any(states.values()):
            return False
        own, rows = self.input_hash(), self._manifest.last_run()
        if not rows or not self._manifest.tells_of_all(states):
            return False
        for row in rows:
            state = states.get(row.table)
            held = state.slices.get(row.slice) if state else None
            # a dropped slice is known by no hash
            if not row.input_hash.startswith(own) or (held.content_hash if held else "0") != row.content_hash:
                return False
        self.tally.rows_out += sum(row.rows for row in rows)
        self.tally.rows_in = sum(s.rows for t in self._tables(self.declaration.reads) if (s := self.lake.state(t)))
        self.tally.unchanged = True
        return True

    # Life of the job

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._at_end.close()
        self.tally.seconds = time.monotonic() - self._started
        if kind is None and self.tally.written:
            self._write_manifest()

    def _seen(self, table: Table) -> TableState | None:
        """The table as the job first saw it, whoever writes it meanwhile: what it was made from is what the manifest names.

        A table that the job writes itself is as it is now.
        """
        if self.declaration.covers(table.full_name, self.declaration.writes):
            return self.lake.state(table)
        if table.full_name not in self._states and (state := self.lake.state(table)):
            self._states.setdefault(table.full_name, state)
        return self._states.get(table.full_name)

    def _allow_read(self, table: Table) -> None:
        self.declaration.allow_read(table)
        self.tally.read.add(table.full_name)

    def _note(self, written: Written, stamp: Stamp) -> Written:
        self.tally.written.append((written, stamp))
        self.count(rows_out=written.rows)
        if not written.changed:
            event = "table_unchanged"
        else:
            event = "table_written" if written.rows or not written.replaced_hash else "slice_dropped"
        self.log.info(event, table=written.table.full_name, slice=written.slice, rows=written.rows, version=written.delta_version)
        return written

    def _stamp(self, inputs: str) -> Stamp:
        own = self.input_hash()
        return Stamp(self.run_id, self.declaration.job, f"{own}.{inputs}" if inputs else own)

    def _inputs_of_others(self) -> list[Table]:
        """Declared tables that the job reads and does not write itself."""
        return [t for t in self._tables(self.declaration.reads) if not self.declaration.covers(t.full_name, self.declaration.writes)]

    def _tables(self, patterns: tuple[str, ...]) -> list[Table]:
        known = [*FIXED_TABLES, *source_tables(self.config.sources.values())]
        return [table for table in known if self.declaration.covers(table.full_name, patterns)]

    def _write_manifest(self) -> None:
        now = datetime.now(UTC)
        rows = [
            (
                self.run_id, self.declaration.job, w.table.full_name, w.slice, w.delta_version, w.changed, w.rows, w.content_hash,
                w.replaced_hash, stamp.input_hash, told_inputs(self._inputs), self.code_version, self.config.hash,
                self.tally.seconds, peak_memory_mb(), now,
            )
            for w, stamp in sorted(self.tally.written, key=lambda pair: (pair[0].table.full_name, pair[0].slice))
        ]  # fmt: skip
        frame = self.spark.createDataFrame(rows, RUN_MANIFEST.schema)
        self.lake.append(RUN_MANIFEST, frame, Stamp(self.run_id, self.declaration.job, digest(self.run_id)), audit=False)


Run = Callable[[Job], None]

"""The one door to Delta: every table is read, created and written here, one commit a write, under the table's lock."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import date
from typing import NoReturn

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Observation, SparkSession

from docketlink.config.settings import Storage
from docketlink.contracts import Revision, Table
from docketlink.contracts.ddl import create_table
from docketlink.errors import StorageError
from docketlink.storage.audit import Audit, audited, on_disk, parting
from docketlink.storage.confirmed import Confirmed
from docketlink.storage.faults import condition_of, values_withheld
from docketlink.storage.hashing import content_hash_columns
from docketlink.storage.locks import table_lock
from docketlink.storage.log import commits_of, refuse_other_schema, sql_name, state_at, state_now
from docketlink.storage.paths import lock_folder, table_path
from docketlink.storage.state import Commit, Slice, SliceState, Stamp, TableState, Written, decoded, encoded

__all__ = ["Commit", "Lake", "SliceState", "Stamp", "TableState", "Written"]

_ROWS_PER_FILE = 500_000
_METADATA_OF_SQL = "spark.databricks.delta.commitInfo.userMetadata"
_WHOLE = Slice({})


class Lake:
    """The tables of one storage configuration, through one Spark session.

    ``after`` is called with the name of each phase of a write as it ends (``staged``, ``data_committed``, ``audited``): tests stop there.
    """

    def __init__(self, spark: SparkSession, settings: Storage, *, after: Callable[[str], None] = lambda phase: None) -> None:
        self._spark = spark
        self._settings = settings
        self._after = after

    def path(self, table: Table) -> str:
        """Where the table lies: an absolute path or the URI of an object store."""
        return table_path(self._settings, table)

    def exists(self, table: Table) -> bool:
        """Whether the table was ever created."""
        return bool(commits_of(self._spark, table, self.path(table), newest=1))

    def state(self, table: Table, *, version: int | None = None) -> TableState | None:
        """What the table holds by its newest commit, or held at ``version``; None when it was never created. Reads no data.

        Of a version that the log no longer knows, None too. Raises StorageError when something else than docketlink changed the rows.
        """
        if version is None:
            return state_now(self._spark, table, self.path(table))
        return state_at(table, commits_of(self._spark, table, self.path(table)), version)

    def history(self, table: Table) -> list[Commit]:
        """Every version that the log still knows, newest first; empty when there is no table. Times are UTC."""
        commits = []
        for entry in commits_of(self._spark, table, self.path(table)):
            known = decoded(entry.user_metadata) or {}
            told = {name: known.get(name) for name in ("job", "slice", "input_hash", "content_hash", "rows")}
            commits.append(Commit(entry.version, entry.timestamp, entry.operation, run_id=known.get("run"), **told))
        return commits

    def read(self, table: Table, *, version: int | None = None) -> DataFrame:
        """The rows of ``version``, or of the newest one at this moment: a later commit does not change what the frame gives.

        Raises StorageError when there is no table or the version is gone, ContractError when its columns are not the contract's.
        """
        commits = commits_of(self._spark, table, self.path(table), newest=1)
        if not commits:
            raise StorageError(f"{table} does not exist at {self.path(table)}.", next_step="run the job that writes it (docs/tables.md).")
        pinned = commits[0].version if version is None else version
        try:
            frame = self._spark.read.format("delta").option("versionAsOf", pinned).load(self.path(table))
        except PySparkException as error:
            cause = condition_of(error) or type(error).__name__
            raise StorageError(
                f"{table}: version {pinned} cannot be read ({cause}); the newest is {commits[0].version}.",
                next_step="read a version within the table's retention, or restore the table's folder from a backup.",
            ) from None
        return table.conform(frame)

    def replace(
        self,
        table: Table,
        given: DataFrame | Revision,
        stamp: Stamp,
        *,
        where: Mapping[str, str | int | date] | None = None,
        allow_empty: bool = False,
        audit: bool = True,
        at_rest: bool = False,
    ) -> Written:
        """Replaces the slice ``where``, or the whole table, with the rows given in one commit; the same content makes no new version.

        Inputs that the slice is known to come from skip everything, the computation of the rows too. Else they are computed
        once, to disk, and audited before anything is committed: columns, required values, checks, slice, and with ``audit`` the key,
        also against the rows of other slices. ``audit=False`` is for keys that are unique by construction; ``at_rest`` for a frame that
        is cheap to compute twice and reads only what does not change meanwhile: no copy of it is made. Of a ``Revision`` the fresh
        rows are audited; those that stay were when they came, and are hashed again as they are written. Raises ContractError for
        rows that break their contract; StorageError for none at all (unless ``allow_empty``), for a table on disk that differs from
        its contract, for one that somebody else changed, or a revision of another version; LockError when another writer does not finish.
        """
        part = Slice.of(table, where)
        frame = given.fresh if isinstance(given, Revision) else given
        rows = table.conform(frame)
        with self._writing(table, stamp) as before:
            confirmed = Confirmed(lock_folder(self._settings, table), table.full_name)
            held = before.within(part)
            if held and confirmed.came_from(part.name, held, stamp.input_hash):
                return _unchanged(table, part, before)
            others = self._rows_that_stay(table, before, part) if audit else None
            with nullcontext((rows, False)) if at_rest else on_disk(rows, frame) as (rows, is_fixed):
                if isinstance(given, Revision):
                    found = audited(table, rows, predicate=part.predicate, keys=audit)
                    found = self._revised(table, given, rows, found, held, others)
                    rows, is_fixed = table.conform(replace(given, fresh=rows).rows), False
                else:
                    found = audited(table, rows, predicate=part.predicate, keys=audit, others=others)
                self._after("staged")
                if not found.rows and not allow_empty:
                    raise StorageError(
                        f"{table}: nothing to write to slice '{part.name}'; the rows of before stand.",
                        next_step="find out why the step gave no rows; a slice that may be empty is written with allow_empty.",
                    )
                if (found.rows, found.content_hash) == ((held.rows, held.content_hash) if held else (0, "0")):
                    if held:
                        confirmed.note(part.name, held, stamp.input_hash)
                    return _unchanged(table, part, before)
                after = before.replaced(table, part, SliceState(found.rows, found.content_hash, stamp.input_hash))
                return self._commit(table, rows, found, stamp, part, before, after, mode="overwrite", is_fixed=is_fixed)

    def standing(self, table: Table, stamp: Stamp, *, where: Mapping[str, str | int | date] | None = None) -> Written | None:
        """What ``replace`` would give without a look at its frame, because the slice is known to come from these inputs; else None."""
        part, state = Slice.of(table, where), self.state(table)
        held = state.within(part) if state else None
        confirmed = Confirmed(lock_folder(self._settings, table), table.full_name)
        if state is None or held is None or not confirmed.came_from(part.name, held, stamp.input_hash):
            return None
        return _unchanged(table, part, state)

    def insert(self, table: Table, frame: DataFrame, stamp: Stamp) -> Written:
        """Adds the rows whose key the table does not hold; what it holds never changes; nothing new makes no version.

        For registries, which are written as a whole. ``Written`` tells the whole table. Errors as ``replace``.
        """
        rows = table.conform(frame)
        with self._writing(table, stamp) as before:
            if before.rows:
                held = self.read(table, version=before.delta_version).select(*table.key)
                rows = table.conform(rows.join(held, on=list(table.key), how="left_anti"))
            return self._add(table, rows, stamp, before, others=None)

    def append(self, table: Table, frame: DataFrame, stamp: Stamp, *, audit: bool = True) -> Written:
        """Adds every row; a key that the table holds already is refused. For ledgers, whose rows are new each time.

        ``Written`` tells the whole table. Errors and ``audit`` as ``replace``.
        """
        rows = table.conform(frame)
        with self._writing(table, stamp) as before:
            others = self.read(table, version=before.delta_version) if audit and before.rows else None
            return self._add(table, rows, stamp, before, others=others, audit=audit)

    def drop(self, table: Table, stamp: Stamp, *, where: Mapping[str, str | int | date]) -> Written:
        """Removes the slice ``where`` in one commit; a slice that the table does not hold makes no version. History keeps its rows.

        Errors as ``replace``.
        """
        part = Slice.of(table, where)
        with self._writing(table, stamp) as before:
            held = before.within(part)
            if held is None or not held.rows:
                return _unchanged(table, part, before)
            nothing = table.nothing(self._spark)
            return self._commit(table, nothing, Audit(0, "0"), stamp, part, before, before.without(part), mode="overwrite")

    def restore(self, table: Table, version: int, stamp: Stamp) -> Written:
        """Puts back the rows of ``version`` as a new version: the way out after another writer changed the table.

        Raises StorageError when that version was not docketlink's or its files are gone.
        """
        with self._locked(table, stamp):
            commits = commits_of(self._spark, table, self.path(table))
            state = state_at(table, commits, version)
            if state is None:
                raise StorageError(f"{table} has no version {version} of docketlink's.", next_step="choose one from the table's history.")
            newest = max((told["revision"] for entry in commits if (told := decoded(entry.user_metadata))), default=0)
            state = replace(state, revision=newest + 1)
            self._restore(table, stamp, _WHOLE, state, version)
            return Written(table, "", commits[0].version + 1, state.revision, state.rows, state.content_hash, changed=True)

    def _revised(
        self, table: Table, given: Revision, fresh: DataFrame, found: Audit, held: SliceState | None, others: DataFrame | None
    ) -> Audit:
        """Rows and content hash that the slice will have, told from those it has, those that leave and the fresh ones."""
        every, leaving = parting(table, given.before, fresh, found.rows, others)
        if every != (Audit(held.rows, held.content_hash) if held else Audit(0, "0")):
            raise StorageError(
                f"{table}: the revision is of {every.rows} rows that the slice does not hold: another run wrote it meanwhile.",
                next_step="run the job again; it starts from what is there now.",
            )
        content_hash = int(every.content_hash) - int(leaving.content_hash) + int(found.content_hash)
        return Audit(every.rows - leaving.rows + found.rows, str(content_hash))

    def _add(
        self, table: Table, frame: DataFrame, stamp: Stamp, before: TableState, others: DataFrame | None, *, audit: bool = True
    ) -> Written:
        with on_disk(frame, frame) as (rows, is_fixed):
            found = audited(table, rows, keys=audit, others=others)
            self._after("staged")
            if not found.rows:
                return _unchanged(table, _WHOLE, before)
            after = before.added(table, found.rows, found.content_hash, stamp.input_hash)
            return self._commit(table, rows, found, stamp, _WHOLE, before, after, mode="append", is_fixed=is_fixed)

    def _commit(
        self, table: Table, rows: DataFrame, found: Audit, stamp: Stamp, part: Slice, before: TableState, after: TableState, *, mode: str,
        is_fixed: bool = False,
    ) -> Written:  # fmt: skip
        """One Delta commit, then the proof that it is ours and holds the rows that were audited.

        Rows that could be computed anew are hashed once more on their way; those that ``is_fixed`` says cannot are counted.
        """
        observation = Observation(f"rows written to {table}")
        frame = rows.coalesce(max(1, -(-found.rows // _ROWS_PER_FILE)))  # few files; a no-op when there are fewer partitions
        if found.rows:  # an empty plan is optimised away, its observation never ends
            counted, hashed = content_hash_columns(rows)
            frame = frame.observe(observation, counted, *(() if is_fixed else (hashed,)))
        if not before.rows:
            mode = "append"  # nothing to replace: Delta need not look for it
        replaced = before.within(part) if mode == "overwrite" else None
        writer = frame.write.format("delta").mode(mode).option("userMetadata", encoded(stamp, part, after, replaced))
        if part.predicate and mode == "overwrite":
            writer = writer.option("replaceWhere", part.predicate)
        with values_withheld(table, "writing"):
            writer.save(self.path(table))
        self._after("data_committed")
        newest = commits_of(self._spark, table, self.path(table), newest=1)[0]
        told = decoded(newest.user_metadata) or {}
        if (newest.version, told.get("run"), told.get("input_hash")) != (after.delta_version, stamp.run_id, stamp.input_hash):
            raise StorageError(
                f"{table}: version {newest.version} is not the one that run {stamp.run_id} wrote: somebody else wrote meanwhile.",
                next_step="keep other writers out (docs/cluster.md on locks), compare the versions, restore the right one.",
            )
        if found.rows:
            seen = observation.get
            if Audit(seen["rows"], seen.get("content_hash", found.content_hash)) != found:
                self._take_back(table, stamp, part, before, after)
        self._after("audited")
        now = after.slices.get(part.name, SliceState(0, "0", ""))
        replaced_hash = replaced.content_hash if replaced and replaced.rows else None
        return Written(table, part.name, after.delta_version, after.revision, now.rows, now.content_hash, True, replaced_hash)

    def _take_back(self, table: Table, stamp: Stamp, part: Slice, before: TableState, after: TableState) -> NoReturn:
        self._restore(table, stamp, part, replace(before, revision=after.revision + 1), before.delta_version)
        raise StorageError(
            f"{table}: the rows written were not the rows audited; version {before.delta_version} was restored.",
            next_step="find what in the step gives other rows each time it is computed.",
        )

    def _restore(self, table: Table, stamp: Stamp, part: Slice, state: TableState, version: int) -> None:
        """RESTORE takes its metadata from the session alone."""
        self._spark.conf.set(_METADATA_OF_SQL, encoded(stamp, part, state))
        try:
            with values_withheld(table, f"restoring version {version}"):
                self._spark.sql(f"RESTORE TABLE {sql_name(self.path(table))} TO VERSION AS OF {version}")
        finally:
            self._spark.conf.unset(_METADATA_OF_SQL)

    def _rows_that_stay(self, table: Table, before: TableState, part: Slice) -> DataFrame | None:
        """Rows of other slices that could repeat a key of ``part``: none when the slice's columns are in the key, or told by it."""
        held = before.within(part)
        if before.rows == (held.rows if held else 0) or part.where.keys() <= {*table.key, *table.key_tells}:
            return None
        return self.read(table, version=before.delta_version).where(f"NOT ({part.predicate})")

    def alone(self, table: Table, stamp: Stamp) -> AbstractContextManager[None]:
        """Holds off every other run that asks the same of the table, from before it is read until after it is written.

        For a table whose next version follows from the one before. Raises LockError as the lock of a write does; on object stores,
        which know no lock, two runs are told apart by the revision that they find.
        """
        return self._locked(table, stamp, ".next")

    def _locked(self, table: Table, stamp: Stamp, what: str = "") -> AbstractContextManager[None]:
        wait = self._settings.lock_wait_seconds
        return table_lock(lock_folder(self._settings, table), f"{table.full_name}{what}", wait, job=stamp.job, run=stamp.run_id)

    @contextmanager
    def _writing(self, table: Table, stamp: Stamp) -> Iterator[TableState]:
        """The table's state, under its lock; the table is created when it is not there."""
        with self._locked(table, stamp):
            state = self.state(table)
            if state is None:
                state = self._create(table)
            else:
                refuse_other_schema(self._spark, table, self.path(table))
            yield state

    def _create(self, table: Table) -> TableState:
        days = self._settings.retention_days_identifiers if table.zone.holds_identifiers else self._settings.retention_days
        statement = create_table(table, self.path(table), days)
        with values_withheld(table, f"creating the table at {self.path(table)}"):
            self._spark.sql(statement)
        return TableState(delta_version=0)


def _unchanged(table: Table, part: Slice, state: TableState) -> Written:
    held = state.within(part) or SliceState(0, "0", "")
    return Written(table, part.name, state.delta_version, state.revision, held.rows, held.content_hash, changed=False)

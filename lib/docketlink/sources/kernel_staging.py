"""Landed files to staged Parquet, table by table: rows without fault in one file, rows with faults in another; runs on executors."""

import secrets
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from docketlink.sources.kernel_spec import FileSpec
from docketlink.sources.kernel_stream import filesystem
from docketlink.sources.kernels import FILE_FAULT, Reading, hash_of

Specs = Mapping[tuple[str, str], FileSpec]
"""What each table's files must hold, by snapshot date and table; the rules of values can name the date."""

_ROW_GROUP = 65_536
_ROW_GROUP_BYTES = 32 << 20
_STAGED = pa.schema(
    [
        ("snapshot_date", pa.string()),
        ("table", pa.string()),
        ("source_file", pa.string()),
        ("bytes", pa.int64()),
        ("sha256", pa.string()),
        ("has_record", pa.bool_()),
        ("faults", FILE_FAULT),
        ("received", pa.int64()),
        ("sound", pa.int64()),
        ("sound_in", pa.string()),
        ("faulty_in", pa.string()),
    ]
)


def stage_groups(batches: Iterator[pa.RecordBatch], specs: Specs, folder: str) -> Iterator[pa.RecordBatch]:
    """Reads the files of each group, writes their rows to ``folder`` and tells of each file and table what was found and where it is."""
    for group in _groups(batches):
        with _Writers(folder) as writers:
            facts = [fact for file in group for fact in _staged(file, specs, writers)]
        yield pa.RecordBatch.from_pylist(facts, _STAGED)


def hash_groups(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Size and SHA-256 of the files of each group: snapshot_date, path, bytes, sha256."""
    for group in _groups(batches):
        for file in group:
            size, sha256 = hash_of(file["landing"], file["path"])
            fact = {"snapshot_date": file["snapshot_date"], "path": file["path"], "bytes": size, "sha256": sha256}
            yield pa.RecordBatch.from_pylist([fact])


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[list[dict[str, Any]]]:
    for batch in batches:
        for row in batch.to_pylist():
            yield row["files"]


def _staged(file: dict[str, Any], specs: Specs, writers: "_Writers") -> Iterator[dict[str, Any]]:
    day, tables = file["snapshot_date"], file["tables"]
    writers.keep_open({(day, table) for table in tables})
    kept = {table: _Rows(file["source_file"], writers, (day, table)) for table in tables}
    reading = Reading(file["landing"], file["path"], [specs[day, table] for table in tables])
    for number, records in reading.records():
        kept[tables[number]].take(records)
    for table in tables:
        yield {
            "snapshot_date": day,
            "table": table,
            "source_file": file["source_file"],
            **reading.fact._asdict(),
            "received": kept[table].received,
            "sound": kept[table].sound,
            "sound_in": writers.name((day, table), "sound") if kept[table].sound else None,
            "faulty_in": writers.name((day, table), "faulty") if kept[table].received > kept[table].sound else None,
        }


class _Rows:
    """The rows of one table of one file, on their way to the staged files."""

    def __init__(self, source_file: str, writers: "_Writers", key: tuple[str, str]) -> None:
        self._source_file, self._writers, self._key = source_file, writers, key
        self.received = self.sound = 0

    def take(self, records: pa.RecordBatch) -> None:
        """Deals the records out by whether they have a fault."""
        faults = records.column("faults")
        named = pa.RecordBatch.from_arrays(
            [pa.repeat(self._source_file, records.num_rows), *records.columns], ["source_file", *records.schema.names]
        )
        sound = named
        if len(faults.values):
            is_sound = pc.equal(pc.list_value_length(faults), 0)
            sound = named.filter(is_sound)
            self._writers.add(self._key, "faulty", named.filter(pc.invert(is_sound)))
        self._writers.add(self._key, "sound", sound.select(sound.schema.names[:-2]))  # without faults and record_text
        self.received += records.num_rows
        self.sound += sound.num_rows


class _Waiting(NamedTuple):
    """Rows that wait until they fill a row group."""

    batches: list[pa.RecordBatch]
    rows: int
    bytes: int


_NOTHING = _Waiting([], 0, 0)


class _Writers:
    """The staged files that a task writes: one a table and kind of row, in row groups of bounded size.

    Their names are new at each attempt, so that one that failed or runs twice leaves nothing behind that is read.
    """

    def __init__(self, folder: str) -> None:
        self._store, self._root = filesystem(folder)
        self._attempt = secrets.token_hex(8)
        self._open: dict[tuple[str, str, str], Any] = {}
        self._waiting: dict[tuple[str, str, str], _Waiting] = {}

    def __enter__(self) -> "_Writers":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.keep_open(())

    def name(self, key: tuple[str, str], kind: str) -> str:
        """The name of the file for rows of a kind."""
        return f"{'-'.join(key)}-{kind}-{self._attempt}.parquet"

    def keep_open(self, keys: Collection[tuple[str, str]]) -> None:
        """Ends the files of all other tables: a task comes to the files of one table one after another."""
        for place in [each for each in self._waiting if each[:2] not in keys]:
            self._write(place)
            del self._waiting[place]
            if place in self._open:
                self._open.pop(place).close()

    def add(self, key: tuple[str, str], kind: str, rows: pa.RecordBatch) -> None:
        """Adds rows to the file of a table and kind."""
        if not rows.num_rows:
            return
        place = (*key, kind)
        waiting = self._waiting.get(place, _NOTHING)
        waiting = _Waiting([*waiting.batches, rows], waiting.rows + rows.num_rows, waiting.bytes + rows.nbytes)
        self._waiting[place] = waiting
        if waiting.rows >= _ROW_GROUP or waiting.bytes >= _ROW_GROUP_BYTES:
            self._write(place)

    def _write(self, place: tuple[str, str, str]) -> None:
        waiting = self._waiting[place]
        self._waiting[place] = _NOTHING
        if not waiting.rows:
            return
        table = pa.Table.from_batches(waiting.batches)
        if place not in self._open:
            path = f"{self._root.rstrip('/')}/{self.name(place[:2], place[2])}"
            self._open[place] = parquet.ParquetWriter(
                path, table.schema, filesystem=self._store, compression="snappy", write_statistics=False, store_schema=False
            )
        self._open[place].write_table(table, row_group_size=_ROW_GROUP)

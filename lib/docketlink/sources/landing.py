"""What has landed: the deliveries of a source, found by listing folders. Nothing is opened here; runs on the driver."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyarrow import fs

from docketlink.config.source import SourceConfig
from docketlink.errors import SourceError
from docketlink.sources.kernel_stream import filesystem

SNAPSHOT = "mojap_snapshot_date="


@dataclass(frozen=True)
class LandedFile:
    """One file of a delivery as one table reads it: ``path`` below ``landing``, ``name`` below the snapshot's folder, size in ``bytes``."""

    source: str
    table: str
    snapshot_date: date
    landing: str
    path: str
    name: str
    bytes: int


@dataclass(frozen=True)
class Delivery:
    """All files of one source of one snapshot date, sorted by table and name: a full copy of the source."""

    source: str
    snapshot_date: date
    files: tuple[LandedFile, ...]

    def of(self, table: str) -> tuple[LandedFile, ...]:
        """The files of one landing table."""
        return tuple(file for file in self.files if file.table == table)


def find_deliveries(landing: str, source: SourceConfig) -> list[Delivery]:
    """The deliveries below ``<landing>/<source>``, by date; ``landing`` is a local path or a URI that pyarrow knows.

    Hidden files and those that begin with an underscore, as ``_SUCCESS``, are none of the delivery. Raises SourceError with every
    fault: no snapshot, folders that are no snapshot or no table, files outside a snapshot, links that leave the landing folder, a
    table without files in a snapshot in which another has some.
    """
    faults: list[str] = []
    files: list[LandedFile] = []
    store = _Store(landing)
    for table in store.folders(source.source, faults):
        readers = [name for name, said in source.landed.items() if (said.folder or name) == table]
        if not readers:
            faults.append(f"{source.source}/{table} is the folder of no declared table")
            continue
        for snapshot in store.folders(f"{source.source}/{table}", faults):
            day = _snapshot_date(snapshot)
            folder = f"{source.source}/{table}/{snapshot}"
            if day is None:
                faults.append(f"{folder} is not named {SNAPSHOT}YYYY-MM-DD")
                continue
            found = store.files(folder, faults)
            files += [
                LandedFile(source.source, reader, day, landing, f"{folder}/{name}", name, size)
                for reader in readers
                for name, size in found
            ]
    dates = sorted({file.snapshot_date for file in files})
    if not dates and not faults:
        faults.append(f"no file below {landing}/{source.source}/<table>/{SNAPSHOT}YYYY-MM-DD")
    arrived = {(file.table, file.snapshot_date) for file in files}
    faults += [f"table {t} has no file of {d}, other tables have" for d in dates for t in source.landed if (t, d) not in arrived]
    if faults:
        raise SourceError(
            source.source, faults, next_step="correct the landing folder and run again; the tables of the last good run stand."
        )
    files.sort(key=lambda file: (file.table, file.name))
    return [Delivery(source.source, day, tuple(f for f in files if f.snapshot_date == day)) for day in dates]


def _snapshot_date(folder: str) -> date | None:
    try:
        day = date.fromisoformat(folder.removeprefix(SNAPSHOT))
    except ValueError:
        return None
    return day if folder == f"{SNAPSHOT}{day.isoformat()}" else None


class _Store:
    """Listings below the landing folder, level by level, so that no link can lead in circles."""

    def __init__(self, landing: str) -> None:
        self._store, root = filesystem(landing)
        self._root = root.rstrip("/")
        self._is_local = isinstance(self._store, fs.LocalFileSystem)

    def folders(self, path: str, faults: list[str]) -> list[str]:
        """Names of the folders in ``path``; a visible file there is a fault."""
        entries = [*self._entries(path, faults)]
        faults += [f"{path} holds a file outside a snapshot's folder" for e in entries if e.type == fs.FileType.File]
        return [entry.base_name for entry in entries if entry.type == fs.FileType.Directory]

    def files(self, path: str, faults: list[str]) -> list[tuple[str, int]]:
        """Names and sizes of the files in ``path``; a visible folder there is a fault."""
        entries = [*self._entries(path, faults)]
        faults += [f"{path} holds a folder; files lie directly in a snapshot's folder" for e in entries if e.type == fs.FileType.Directory]
        return [(entry.base_name, int(entry.size)) for entry in entries if entry.type == fs.FileType.File]

    def _entries(self, path: str, faults: list[str]) -> Iterator[Any]:
        selector = fs.FileSelector(f"{self._root}/{path}", allow_not_found=True)
        entries = [e for e in self._store.get_file_info(selector) if not e.base_name.startswith((".", "_"))]
        faults += [f"{path} holds a link that leads nowhere" for _ in self._unlisted(path, {e.base_name for e in entries})]
        for entry in sorted(entries, key=lambda e: str(e.base_name)):
            if self._is_local and os.path.islink(entry.path) and self._leaves(entry.path):
                faults.append(f"{path} holds a link that leaves the landing folder")
            else:
                yield entry

    def _unlisted(self, path: str, listed: set[str]) -> set[str]:
        """Visible names of a local folder that the store leaves out, as it does with links to nothing."""
        folder = f"{self._root}/{path}"
        if not self._is_local or not os.path.isdir(folder):
            return set()
        return {name for name in os.listdir(folder) if not name.startswith((".", "_"))} - listed

    def _leaves(self, path: str) -> bool:
        real, root = os.path.realpath(path), os.path.realpath(self._root)
        return os.path.commonpath([real, root]) != root

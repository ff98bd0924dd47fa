"""Where tables and their locks lie."""

import re
from pathlib import Path
from urllib.parse import unquote, urlparse

from docketlink.config.settings import Storage
from docketlink.contracts import Table

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: one is a drive


def table_path(settings: Storage, table: Table) -> str:
    """``<root of the zone>/<name>``: an absolute path on disks, as Delta's SQL needs, or the URI of an object store."""
    root = settings.zones.get(table.zone) or f"{settings.root.rstrip('/')}/{table.zone}"
    return f"{_local(root).absolute() if is_local(root) else root.rstrip('/')}/{table.name}"


def zone_root(settings: Storage, table: Table) -> str:
    """The folder or URI in which the tables of the table's zone lie."""
    return table_path(settings, table).rpartition("/")[0]


def lock_folder(settings: Storage, table: Table) -> Path | None:
    """The folder of lock files, outside every table; None for a table on an object store, which an OS cannot lock."""
    if settings.locks:
        return _local(settings.locks).absolute()
    zone_root = settings.zones.get(table.zone) or settings.root
    root = settings.root if is_local(settings.root) else zone_root
    return _local(root).absolute() / "_locks" if is_local(zone_root) else None


def is_local(root: str) -> bool:
    """Whether ``root`` is on a disk of this machine or one that it mounts, and not on an object store."""
    return root.startswith("file:") or not _SCHEME.match(root)


def _local(root: str) -> Path:
    return Path(unquote(urlparse(root).path)) if root.startswith("file:") else Path(root)

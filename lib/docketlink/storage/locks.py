"""One writer of a table at a time, across the processes of one machine or of machines that share a disk."""

import fcntl
import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from docketlink.errors import LockError

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.2
_REMIND_SECONDS = 60.0
_PATIENCE_SECONDS = 5.0  # a wait shorter than this is nobody's concern


@contextmanager
def table_lock(folder: Path | None, table_name: str, wait_seconds: float, *, job: str = "", run: str = "") -> Iterator[None]:
    """Holds ``<folder>/<table_name>.lock`` for the time of the block; without a folder, as on object stores, does nothing.

    Delta's own exclusion on local disks ends at the process. The lock belongs to the process and goes with it, however it ends;
    the file stays, and names its last holder. Raises LockError, naming the holder, after ``wait_seconds``.
    """
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{table_name}.lock").open("a+", encoding="utf-8") as file:
        _acquire(file, table_name, wait_seconds)
        _write(file, json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "job": job, "run": run}))
        try:
            yield
        finally:
            _write(file, "")  # closing the file releases the lock


def _acquire(file: TextIO, table_name: str, wait_seconds: float) -> None:
    started = time.monotonic()
    remind_at = _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - started
            if waited >= wait_seconds:
                raise LockError(
                    f"{table_name} is being written by {_holder(file)}; waited {waited:.0f} s.",
                    next_step="let it finish, or end that process: its lock goes with it.",
                ) from None
            if waited >= remind_at:
                holder = _holder(file)
                if not holder.startswith(f"process {os.getpid()} "):  # steps of one job take turns; that is nobody's concern
                    _log.warning("waiting for %s held by %s", table_name, holder)
                remind_at = waited + _REMIND_SECONDS
            time.sleep(min(_POLL_SECONDS, wait_seconds - waited))
        else:
            return


def _holder(file: TextIO) -> str:
    file.seek(0)
    try:
        holder = json.loads(file.read())
        return f"process {holder['pid']} on {holder['host']} (job {holder['job']}, run {holder['run']})"
    except (ValueError, KeyError):  # it has the lock, and has not written its name yet
        return "another process"


def _write(file: TextIO, text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()

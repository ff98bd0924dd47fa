"""One writer at a time, across processes; the one that waits knows for whom."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from docketlink.config.settings import Storage
from docketlink.contracts.records import PERSON_RECORD
from docketlink.errors import LockError
from docketlink.storage import locks
from docketlink.storage.locks import table_lock
from docketlink.storage.paths import lock_folder, table_path

LIBRARY = Path(__file__).parents[2] / "lib"
HOLD = """
import sys, pathlib
from docketlink.storage import locks
from docketlink.storage.locks import table_lock
with table_lock(pathlib.Path(sys.argv[1]), "identity.person", 0, job="score_edges", run="r7"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, which holds the lock until a line is written to it."""
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_lock_that_stays_taken_is_an_error_that_names_the_holder(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(LockError, match=rf"identity.person .* process {other.pid} on .*job score_edges, run r7"),
        table_lock(tmp_path, "identity.person", 0.3),
    ):
        pytest.fail("two writers")


def test_a_writer_waits_for_the_other_and_says_so(
    tmp_path: Path, other: subprocess.Popen[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_PATIENCE_SECONDS", 0.3)
    started = time.monotonic()
    threading.Timer(0.7, end, [other]).start()
    with caplog.at_level(logging.WARNING), table_lock(tmp_path, "identity.person", 20):
        assert 0.6 < time.monotonic() - started < 15
    assert f"waiting for identity.person held by process {other.pid}" in caplog.text


def test_a_killed_holder_holds_nothing(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    other.kill()
    other.wait()
    with table_lock(tmp_path, "identity.person", 5):
        pass


def test_other_tables_do_not_wait(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    with table_lock(tmp_path, "identity.person_record", 0):
        pass


def test_locks_lie_outside_the_tables_and_object_stores_have_none(tmp_path: Path) -> None:
    local = Storage(root=str(tmp_path))
    folder = lock_folder(local, PERSON_RECORD)
    assert folder == tmp_path / "_locks"
    assert not str(folder).startswith(table_path(local, PERSON_RECORD))
    assert lock_folder(Storage(root=f"file://{tmp_path}"), PERSON_RECORD) == tmp_path / "_locks"
    assert lock_folder(Storage(root="s3a://bucket/lake"), PERSON_RECORD) is None
    assert lock_folder(Storage(root=str(tmp_path), zones={"identity": "s3a://i/"}), PERSON_RECORD) is None
    assert lock_folder(Storage(root="s3a://bucket", zones={"identity": str(tmp_path)}), PERSON_RECORD) == tmp_path / "_locks"
    with table_lock(None, "identity.person", 0):
        pass


def test_a_table_lies_in_its_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths = {
        "build/lake": f"{tmp_path}/build/lake/identity/person_record",
        "file:///data/my%20lake": "/data/my lake/identity/person_record",
        "s3a://bucket/lake/": "s3a://bucket/lake/identity/person_record",
        "dbfs:/lake": "dbfs:/lake/identity/person_record",
    }
    assert {root: table_path(Storage(root=root), PERSON_RECORD) for root in paths} == paths
    assert table_path(Storage(zones={"identity": "abfss://z@a/i"}), PERSON_RECORD) == "abfss://z@a/i/person_record"

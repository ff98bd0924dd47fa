"""Progress shows what Spark does, stays quiet where nobody reads it, and never fails the job that it shows."""

import io
import re
import threading
import time

import pytest
from docketlink.runtime.progress import progress
from pyspark.errors import PySparkNotImplementedError
from pyspark.sql import functions as F


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Broken(Terminal):
    def write(self, text: str) -> int:
        raise OSError("the terminal is gone")


class Connected:
    """As a Spark Connect session."""

    @property
    def sparkContext(self):  # noqa: N802
        raise PySparkNotImplementedError(errorClass="NOT_IMPLEMENTED", messageParameters={"feature": "sparkContext"})


class Tracker:
    """Two stages of ten tasks; each question finds one more task done."""

    def __init__(self) -> None:
        self.asked = 0

    sparkContext = property(lambda self: self)  # noqa: N815
    statusTracker = lambda self: self  # noqa: E731, N815

    def getActiveStageIds(self) -> list[int]:  # noqa: N802
        return [7, 8]

    def getStageInfo(self, stage: int):  # noqa: N802
        self.asked += stage == 7
        return type("Info", (), {"numCompletedTasks": min(self.asked, 10) if stage == 7 else 0, "numTasks": 10})


def until(condition) -> None:
    ends = time.monotonic() + 20
    while not condition() and time.monotonic() < ends:
        time.sleep(0.005)


def running() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("progress of")]


def test_a_real_job_shows_on_a_terminal_as_one_line_that_goes_away(spark) -> None:
    terminal = Terminal()
    with progress(spark, "count records", stream=terminal, poll_seconds=0.01):
        ids = spark.range(0, 400_000, 1, 12).select(F.sha2(F.col("id").cast("string"), 512).alias("hash"))
        assert ids.agg(F.max("hash")).count() == 1
    shown = terminal.getvalue()
    assert re.search(r"count records: \d+/\d+ tasks, \d+ s", shown)
    assert "\n" not in shown
    assert shown.endswith("\r\x1b[K")
    assert not running()


def test_tasks_done_of_tasks_there_are_and_log_events_elsewhere() -> None:
    events = []
    log, tracker = io.StringIO(), Tracker()
    with progress(
        tracker, "score", lambda event, **fields: events.append((event, fields)), stream=log, poll_seconds=0.001, log_seconds=0.0
    ):
        until(lambda: len(events) > 12)
    assert log.getvalue() == ""
    assert events[0] == ("progress", {"doing": "score", "tasks_done": 1, "tasks": 20, "seconds": 0})
    done = [fields["tasks_done"] for _, fields in events]
    assert done == sorted(done)
    assert max(done) == 10


def test_a_step_that_is_soon_done_logs_nothing() -> None:
    events = []
    tracker = Tracker()
    with progress(tracker, "score", lambda event, **fields: events.append(event), stream=io.StringIO(), poll_seconds=0.001):
        until(lambda: tracker.asked > 3)
    assert events == []


@pytest.mark.parametrize(("spark_session", "stream"), [(Connected(), Terminal()), (Tracker(), Broken()), (None, Terminal())])
def test_the_job_goes_on_where_nothing_can_be_shown(spark_session, stream) -> None:
    with progress(spark_session, "score", stream=stream, poll_seconds=0.001):
        time.sleep(0.02)
    assert not running()
    assert "tasks" not in stream.getvalue()


def test_an_error_of_the_body_passes_through_and_the_thread_ends() -> None:
    with pytest.raises(ZeroDivisionError), progress(Tracker(), "score", stream=Terminal(), poll_seconds=0.001):
        raise ZeroDivisionError
    assert not running()

"""How far a long step is: one line rewritten on a terminal, a log event now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Protocol, Self, TextIO

from pyspark.sql import SparkSession

_CLEAR_LINE = "\r\x1b[K"


class Emit(Protocol):
    """What takes a log event with its fields, as ``structlog``'s ``log.info``."""

    def __call__(self, event: str, /, **fields: object) -> object:
        """Logs the event."""


class progress:  # noqa: N801 - used as a verb in a with statement, like contextlib.suppress
    """Shows tasks done of tasks there are, and the seconds since the start, while the body of a ``with`` statement runs.

    What is counted is every Spark job that runs meanwhile; jobs start one after another, so the whole grows. ``stream`` (standard error)
    is written to only when it is a terminal; otherwise ``emit`` gets ``progress`` events every ``log_seconds``, none when the body is
    sooner done. Over Spark Connect, or when Spark does not answer, nothing is shown: showing never fails what it shows.
    """

    def __init__(
        self,
        spark: SparkSession,
        label: str,
        emit: Emit | None = None,
        *,
        stream: TextIO | None = None,
        poll_seconds: float = 1.0,
        log_seconds: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label, self._emit, self._clock = label, emit, clock
        self._poll_seconds, self._log_seconds = poll_seconds, log_seconds
        self._stream = sys.stderr if stream is None else stream
        self._on_terminal = bool(getattr(self._stream, "isatty", lambda: False)())
        self._tasks = _Tasks(spark)
        self._end = Event()
        self._thread = Thread(target=self._run, name=f"progress of {label}", daemon=True)

    def __enter__(self) -> Self:
        self._started = self._told = self._clock()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.set()
        self._thread.join(timeout=5)  # a call to Spark that hangs must not hold the job

    def _run(self) -> None:
        # an answer of a Spark that is going down, a closed stream: none of them is the job's concern
        with suppress(Exception):
            while not self._end.wait(self._poll_seconds):
                self._tasks.look()
                self._show()
        with suppress(Exception):
            if self._on_terminal:
                self._stream.write(_CLEAR_LINE)
                self._stream.flush()

    def _show(self) -> None:
        done, total, now = self._tasks.done, self._tasks.total, self._clock()
        seconds = now - self._started
        if self._on_terminal and total:
            self._stream.write(f"{_CLEAR_LINE}{self._label}: {done}/{total} tasks, {seconds:.0f} s")
            self._stream.flush()
        elif self._emit and not self._on_terminal and now - self._told >= self._log_seconds:
            self._told = now
            self._emit("progress", doing=self._label, tasks_done=done, tasks=total, seconds=round(seconds))


class _Tasks:
    """Tasks of the jobs seen so far, by stage; a stage that Spark skips never shows up as a stage of its own."""

    def __init__(self, spark: SparkSession) -> None:
        self._tracker = None
        with suppress(Exception):  # Spark Connect has no context
            self._tracker = spark.sparkContext.statusTracker()
        self._stages: dict[int, tuple[int, int]] = {}

    @property
    def done(self) -> int:
        return sum(done for done, _ in self._stages.values())

    @property
    def total(self) -> int:
        return sum(total for _, total in self._stages.values())

    def look(self) -> None:
        """Asks Spark about running stages, and about known ones that were not complete."""
        if self._tracker is None:
            return
        unfinished = {stage for stage, (done, total) in self._stages.items() if done < total}
        for stage in unfinished | {*self._tracker.getActiveStageIds()}:
            if info := self._tracker.getStageInfo(stage):
                self._stages[stage] = (info.numCompletedTasks, info.numTasks)

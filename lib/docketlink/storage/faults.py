"""The boundary at which Spark's and Delta's errors become ours. Theirs quote the row that broke a rule; ours never do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException

from docketlink.contracts import Table
from docketlink.errors import ContractError, DocketlinkError, StorageError

_CONDITION = re.compile(r"(?:Exception|Error): \[([A-Z]+(?:_[A-Z0-9]+)+(?:\.[A-Z0-9_]+)*)\]")
_JAVA_CLASS = re.compile(r"\b((?:java|org|io|com|scala)\.[\w.$]+(?:Exception|Error))\b")
_PYTHON_LINE = re.compile(r'File "[^"]*?([^"/]+/[^"/]+)", line (\d+)')
_PYTHON_CLASS = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception)):", re.MULTILINE)


@contextmanager
def values_withheld(table: Table, doing: str) -> Iterator[None]:
    """Turns a failure of Spark inside the block into a ContractError or StorageError without the original text.

    What remains: the table, the constraint or column, Spark's error condition, and for Python on executors the class of the
    exception and its last line of code.
    """
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise _translated(table, doing, error) from None


def condition_of(error: Exception) -> str:
    """Spark's or Delta's name of the error, as DELTA_VERSION_NOT_FOUND; empty where it has none."""
    if isinstance(error, PySparkException) and (condition := error.getCondition()):
        return condition
    found = _CONDITION.search(str(error))
    return found.group(1) if found else ""


def _translated(table: Table, doing: str, error: Exception) -> DocketlinkError:
    text = str(error)
    if "DELTA_REPLACE_WHERE_MISMATCH" in text:
        return ContractError(table.full_name, ["rows outside the slice that is being replaced"])
    if "DELTA_VIOLATE_CONSTRAINT" in text:
        broken = [name for name in table.checks if re.search(rf"CHECK constraint {re.escape(name)}\b", text)]
        return ContractError(table.full_name, [f"rows break the check '{name}'" for name in broken] or ["rows break a check"])
    if "DELTA_NOT_NULL_CONSTRAINT_VIOLATED" in text:
        empty = [f.name for f in table.fields if re.search(rf"column: `?{re.escape(f.name)}\b", text)]
        return ContractError(table.full_name, [f"required column '{name}' is NULL" for name in empty] or ["a required column is NULL"])
    return StorageError(
        f"{table}: {doing} failed with {_cause(error, text)}.",
        next_step="the error's own text is withheld because it can quote data; run the step alone on synthetic data to see it.",
    )


def _cause(error: Exception, text: str) -> str:
    """What went wrong, from names of errors, files and lines only."""
    lines, classes = _PYTHON_LINE.findall(text), _PYTHON_CLASS.findall(text)
    if lines and "PYTHON" in condition_of(error):
        file, line = lines[-1]
        return f"{classes[-1] if classes else 'an exception'} at {file}:{line} on an executor"
    java = _JAVA_CLASS.findall(text)
    return condition_of(error) or (java[-1] if java else type(error).__name__)

"""What the import linter cannot see: no effects in pure layers, nothing left to chance, executors need little."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "lib" / "docketlink"
PURE = ("cleaning", "columns", "transforms", "sources", "synthetic")
INPUTS = {"read", "write"}
ACTIONS = {
    "collect",
    "first",
    "head",
    "take",
    "tail",
    "foreach",
    "checkpoint",
    "localCheckpoint",
    "show",
    "toPandas",
    "toArrow",
    "cache",
    "persist",
    "createDataFrame",
    "toLocalIterator",
}
CHANCE = {"rand", "randn", "uuid", "monotonically_increasing_id", "current_timestamp", "current_date", "now"}
DRIVER_ONLY = ("pydantic", "yaml", "click", "structlog", "splink", "scipy", "delta", "pandas", "sqlglot", "cryptography")


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((PACKAGE / folder).rglob("*.py"))


def calls(tree: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """Line, name of the attribute or function, and whether its owner is called F."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr, isinstance(node.value, ast.Name) and node.value.id == "F"


def spark_effects(file: Path) -> list[str]:
    """Uses of Spark's actions and inputs; ``pq.read_table`` and file methods of kernels have other names or owners."""
    if file.stem.startswith("kernel"):
        return []
    tree = ast.parse(file.read_text())
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [
        f"{file.name}:{node.lineno} .{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (node.attr in INPUTS or (node.attr in ACTIONS and id(node) in called))
        and not (isinstance(node.value, ast.Name) and node.value.id == "F")
    ]


def test_pure_layers_have_no_effects() -> None:
    found = [use for file in python_files(*PURE) if "spark" in file.read_text() for use in spark_effects(file)]
    assert not found, "\n".join(found)


def test_the_effects_test_sees_an_effect(tmp_path: Path) -> None:
    file = tmp_path / "names.py"
    file.write_text((PACKAGE / "columns" / "dates.py").read_text() + "\ndef f(frame):\n    return F.first(frame.first())\n")
    assert [line.rpartition(" ")[2] for line in spark_effects(file)] == [".first"]


@pytest.mark.parametrize(
    "folder", ["cleaning", "columns", "transforms", "sources", "synthetic", "linkage", "storage", "quality", "disclosure"]
)
def test_nothing_is_left_to_chance(folder: str) -> None:
    found = [
        f"{file.relative_to(PROJECT)}:{line} F.{name}"
        for file in python_files(folder)
        for line, name, of_f in calls(ast.parse(file.read_text()))
        if of_f and name in CHANCE
    ]
    assert not found, "\n".join(found)


def test_raw_text_is_never_cast_bluntly() -> None:
    """ANSI mode is on: one bad value in a plain ``to_date`` ends the job and quotes the value."""
    found = [
        f"{file.relative_to(PROJECT)}:{line} F.{name}"
        for file in python_files("columns", "transforms")
        for line, name, of_f in calls(ast.parse(file.read_text()))
        if of_f and name in {"to_date", "to_timestamp", "element_at"}
    ]
    assert not found, "\n".join(found)


def test_no_plain_udf() -> None:
    """A plain ``udf`` over a Parquet or Delta scan hangs for ever on PySpark 4.2 (SPARK-58241)."""
    found = [
        f"{file.relative_to(PROJECT)}:{line}"
        for file in [*python_files("."), *(PROJECT / "jobs").glob("*.py")]
        for line, name, of_f in calls(ast.parse(file.read_text()))
        if of_f and name in {"udf", "pandas_udf"}
    ]
    assert not found, "\n".join(found)


def test_nobody_reaches_into_splink() -> None:
    """``splink.internals`` changes with every release; import-linter cannot forbid part of an external package."""
    assert [str(file) for file in python_files(".") if "splink.internals" in file.read_text()] == []


KERNELS = sorted(str(file.relative_to(PACKAGE.parent).with_suffix("")).replace("/", ".") for file in PACKAGE.rglob("kernel*.py"))


@pytest.mark.parametrize("module", KERNELS)
def test_executors_need_only_arrow_duckdb_and_numpy(module: str) -> None:
    block = "import sys\nfor name in " + repr(DRIVER_ONLY) + ":\n    sys.modules[name] = None\n"
    code = f"{block}import importlib\nimportlib.import_module({module!r})\n"
    result = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(PROJECT / "lib")}, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("job", sorted((PROJECT / "jobs").glob("[a-z]*.py")), ids=lambda file: file.stem)
def test_a_job_reads_and_writes_only_through_its_job(job: Path) -> None:
    found = [
        name
        for _, name, _ in calls(ast.parse(job.read_text()))
        if name in {"load", "save", "saveAsTable", "parquet", "csv", "sql", "table"}
    ]
    assert not found


def test_a_log_line_names_its_values_itself() -> None:
    """Keys out of data may be called like an argument of the logger: a table named ``event`` once ended a run."""
    files = [*PACKAGE.rglob("*.py"), *(PROJECT / "jobs").glob("*.py")]
    spread = [
        f"{file.relative_to(PROJECT)}:{node.lineno}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"debug", "info", "warning", "error"}
        if any(keyword.arg is None for keyword in node.keywords)
    ]
    assert len(files) > 100
    assert not spread, spread

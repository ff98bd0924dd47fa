"""The layers hold, and the tool that holds them would notice a breach."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs import-linter as ``make lint`` does, on the packages of ``folder``."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {"PYTHONPATH": f"{folder / 'lib'}:{folder}", "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def copy_of_the_code(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "lib" / "docketlink", tmp_path / "lib" / "docketlink", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROJECT / "jobs", tmp_path / "jobs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold(copy_of_the_code: Path) -> None:
    result = lint_imports(copy_of_the_code)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "forbidden", "contract"),
    [
        ("columns/codes.py", "from docketlink.storage import lake", "Imports point downwards"),
        ("storage/lake.py", "import duckdb", "Splink, DuckDB and scipy live in linkage"),
        ("config/load.py", "import pyspark", "Configuration, errors and the rules of cleaning need no Spark"),
        ("linkage/training.py", "import click", "Commands and logs belong to the runtime"),
    ],
)
def test_a_forbidden_import_is_reported(copy_of_the_code: Path, module: str, forbidden: str, contract: str) -> None:
    file = copy_of_the_code / "lib" / "docketlink" / module
    file.write_text(f"{file.read_text()}\n{forbidden}  # noqa\n")
    result = lint_imports(copy_of_the_code)
    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout

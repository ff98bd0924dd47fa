"""Traps of the tree itself: what git ignores, how jobs are named, what the zip holds, what docs say."""

import importlib.util
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from docketlink.config.settings import Settings
from docketlink.contracts import Privacy, Zone
from docketlink.contracts.catalogue import tables_markdown
from docketlink.contracts.tables import FIXED_TABLES
from docketlink.runtime.declaration import Declaration

PROJECT = Path(__file__).parents[2]
JOBS = sorted((PROJECT / "jobs").glob("[a-z]*.py"))


def test_git_does_not_ignore_the_package() -> None:
    if not (PROJECT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "check-ignore", "--no-index", "lib/docketlink/__init__.py"]
    assert subprocess.run(command, cwd=PROJECT, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("job", JOBS, ids=lambda file: file.stem)
def test_a_job_is_verb_object_and_shadows_no_module(job: Path) -> None:
    """spark-submit puts the folder of the script first on the path: a jobs/profile.py would stop every import of pyspark."""
    assert re.fullmatch(r"[a-z]+_[a-z_]+", job.stem)
    assert job.stem not in sys.stdlib_module_names
    assert importlib.util.find_spec(job.stem) is None


@pytest.mark.parametrize("job", JOBS, ids=lambda file: file.stem)
def test_a_job_fits_on_a_screen(job: Path) -> None:
    assert len(job.read_text().splitlines()) <= 70


@pytest.mark.parametrize("job", JOBS, ids=lambda file: file.stem)
def test_only_the_evaluation_declares_that_it_reads_truth(job: Path) -> None:
    module = compile(job.read_text(), str(job), "exec")
    declared = Declaration.of(job.stem, module.co_consts[0])
    reads_truth = [name for name in declared.reads if name.startswith("truth.")]
    assert bool(reads_truth) == (job.stem in ("evaluate_linkage", "evaluate_histories"))


def test_docs_tables_is_up_to_date() -> None:
    assert (PROJECT / "docs" / "tables.md").read_text() == tables_markdown(FIXED_TABLES), "run `make docs`"


def test_base_yml_shows_every_key_with_its_default() -> None:
    shown = yaml.safe_load((PROJECT / "conf" / "base.yml").read_text())
    assert shown.pop("include") == ["linkage.yml"]
    shown |= yaml.safe_load((PROJECT / "conf" / "linkage.yml").read_text())
    assert shown["linkage"]["clustering"]["forenames"] == "forenames"  # a list beside the models; without files there are none
    shown["linkage"]["clustering"]["forenames"] = {}
    assert shown == Settings().model_dump(mode="json")


@pytest.mark.parametrize("table", FIXED_TABLES, ids=str)
def test_identifiers_stay_in_the_zones_for_identifiers(table) -> None:
    if not table.zone.holds_identifiers:
        assert [f.name for f in table.fields if f.privacy is Privacy.DIRECT] == []
    if table.zone in (Zone.IDENTITY, Zone.SPINE):
        assert [f.name for f in table.fields if f.privacy in (Privacy.PAYLOAD, Privacy.SENSITIVE)] == []


@pytest.mark.parametrize("table", FIXED_TABLES, ids=str)
def test_a_contract_is_whole(table) -> None:
    assert set(table.key) <= set(table.columns)
    assert set(table.partitioned_by) <= set(table.columns)
    assert set(table.key_tells) <= set(table.partitioned_by)
    assert len(set(table.columns)) == len(table.columns)
    assert all(f.doc.endswith(".") for f in table.fields)
    assert all(f.required for f in table.fields if f.name in table.key)
    assert not [f.name for f in table.fields if f.name in table.partitioned_by and f.privacy is Privacy.DIRECT]


def test_the_zip_holds_what_lib_and_jobs_hold() -> None:
    zips = sorted((PROJECT / "dist").glob("docketlink-*.zip"))
    if not zips:
        pytest.skip("no dist/docketlink-*.zip: `make zip` builds it, `make test` does so first")
    packed = {name: content for name, content in _python_members(zips[-1])}
    files = [*(PROJECT / "lib" / "docketlink").rglob("*.py"), *(PROJECT / "jobs").glob("*.py")]
    expected = {str(file.relative_to(PROJECT)).removeprefix("lib/"): file.read_bytes() for file in files}
    assert packed == expected


def _python_members(path: Path):
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                yield name, archive.read(name)


def test_no_machine_path_is_committed() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False).stdout.split()
    pattern = re.compile(r"/(?:work|root|home)/[a-z]")
    found = [name for name in tracked if (file := PROJECT / name).is_file() and pattern.search(file.read_text(errors="replace"))]
    assert [name for name in found if name != "tests/architecture/test_house.py"] == []

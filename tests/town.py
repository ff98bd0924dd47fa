"""A small synthetic town, generated, loaded, linked and evaluated once; tests look at what came out."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from docketlink.config.load import Configuration, load
from docketlink.runtime.job import Job, Tally
from docketlink.runtime.main import declaration_of, run_job
from docketlink.runtime.pipeline import run_stages
from docketlink.storage.lake import Lake
from pyspark.sql import SparkSession

from jobs import generate_courts, run_pipeline

PROJECT = Path(__file__).parents[1]
# Tests of the pipeline look at two sources of the eight: each table costs the same whatever its size.
TWO_SOURCES = (
    "sources=[mags_hocas, prison_nomis]",
    "linkage.stages=[{name: criminal, sources: [mags_hocas, prison_nomis], link_type: link_and_dedupe, model: criminal}]",
)


def plant_broken_records(landing: Path) -> int:
    """A line with too few fields and a repeated one at the end of delimited files, two that are no object at that of messages."""
    planted = 0
    for path in landing.rglob("part-*"):
        packed = path.suffix == ".gz"
        if path.suffix != ".parquet":
            content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
            last = content.splitlines(keepends=True)[-1]
            more = b'{"hearing":\n[1]\n' if ".jsonl" in path.suffixes else b"broken\n" + last
            path.write_bytes(gzip.compress(content + more, mtime=0) if packed else content + more)
            planted += 2
    return planted


@dataclass(frozen=True)
class Town:
    """A folder with landed files and tables, and what made them."""

    folder: Path
    spark: SparkSession
    overlay: str = "demo"
    extra: tuple[str, ...] = ()

    @cached_property
    def config(self) -> Configuration:
        """Read once: eight sources take a second."""
        return load(PROJECT / "conf" / f"{self.overlay}.yml", assignments=[*self.assignments, *self.extra])

    @property
    def assignments(self) -> tuple[str, ...]:
        return (
            f"landing={self.folder / 'landing'}",
            f"storage.root={self.folder / 'lake'}",
            f"summary={self.folder / 'summary.json'}",
            "synthetic.records=5000",
            *(TWO_SOURCES if self.overlay == "demo" else ()),
        )

    @property
    def lake(self) -> Lake:
        return Lake(self.spark, self.config.settings.storage)

    def job(self, module, run_id: str = "r1") -> Job:
        return Job(declaration_of(module.run), run_id, self.config, self.spark)

    def run(self, module, run_id: str = "r1") -> Tally:
        return run_job(module.run, self.job(module, run_id))

    def run_pipeline(self, run_id: str) -> Sequence[Tally]:
        return run_stages(self.job(run_pipeline, run_id), run_pipeline.STAGES)

    def versions(self) -> dict[str, int]:
        """Delta version of every table outside ops."""
        tables = [path.parent for path in (self.folder / "lake").glob("*/*/_delta_log") if path.parent.parent.name != "ops"]
        return {f"{p.parent.name}.{p.name}": max(int(f.stem) for f in (p / "_delta_log").glob("[0-9]*.json")) for p in tables}


@pytest.fixture(scope="session")
def town(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Landed files of two sources, not yet loaded."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "decisions").mkdir()
    town = Town(folder, spark, extra=(f"linkage.overrides={folder / 'decisions'}",))
    town.run(generate_courts, "r0")
    return town


@pytest.fixture(scope="session")
def tallies(town: Town) -> Sequence[Tally]:
    """The first run of the pipeline over the town."""
    return town.run_pipeline("r1")

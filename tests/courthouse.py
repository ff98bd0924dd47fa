"""A tiny source whose snapshots a test lands as it likes, and the jobs that load it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from docketlink.config.load import load
from docketlink.contracts import Table
from docketlink.runtime.job import Job, Tally
from docketlink.runtime.main import declaration_of, run_job
from docketlink.storage.lake import Lake
from pyspark.sql import SparkSession

SNAPSHOT = "mojap_snapshot_date="

COURT: dict[str, Any] = {
    "source": "court",
    "about": "A court.",
    "tables": {
        "person": {
            "about": "A person in a case.",
            "native_key": ["id"],
            "columns": {
                "id": {"about": "Key.", "type": "digits"},
                "name": {"about": "Surname."},
                "sex": {"about": "Sex.", "privacy": "quasi"},
                "court": {"about": "Court.", "privacy": "quasi"},
                "heard": {"about": "Day of the hearing.", "type": "date", "range": {"greatest": "snapshot"}, "privacy": "quasi"},
            },
        },
        "result": {
            "about": "A result.",
            "native_key": ["id", "seq"],
            "belongs_to": {"table": "person", "on": {"id": "id"}},
            "references": [{"table": "person", "on": {"id": "id"}}],
            "columns": {"id": {"about": "Person."}, "seq": {"about": "Number.", "type": "digits"}, "code": {"about": "Result."}},
        },
    },
    "codes": {"sex": {"M": "M", "F": "F"}, "result": {"F": "fine", "C": "custody"}},
    "gate": {"largest_drop": 0.3, "largest_shift": {"court": 0.3}},
    "record": {
        "table": "person",
        "key": ["id"],
        "name": {"surname": "name"},
        "sex": {"column": "sex", "codes": "sex"},
    },
    "events": [
        {"table": "person", "type": "hearing", "date": {"column": "heard"}, "area": "court"},
        {"table": "result", "type": "case_result", "date": {"column": "seq"}, "outcome": {"column": "code", "codes": "result"}},
    ],
}

People = Sequence[str]  # lines of id,name,sex,court,heard
Results = Sequence[str]  # lines of id,seq,code


@dataclass(frozen=True)
class Courthouse:
    """A folder of its own with configuration, landed files and tables."""

    folder: Path
    spark: SparkSession

    def configure(self, **changes: Any) -> None:
        (self.folder / "sources").mkdir(parents=True, exist_ok=True)
        (self.folder / "sources" / "court.yml").write_text(yaml.safe_dump({**COURT, **changes}, sort_keys=False))
        settings = {"landing": str(self.folder / "landing"), "storage": {"root": str(self.folder / "lake")}, "sources": ["court"]}
        (self.folder / "base.yml").write_text(yaml.safe_dump(settings))

    def land(self, day: str, people: People, results: Results = (), *, name: str = "part-0.csv") -> None:
        for table, header, lines in (("person", "id,name,sex,court,heard", people), ("result", "id,seq,code", results)):
            folder = self.folder / "landing" / "court" / table / f"{SNAPSHOT}{day}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("\n".join([header, *lines]) + "\n")

    def run(self, module: ModuleType, run_id: str = "r", *assignments: str) -> Tally:
        config = load(self.folder / "base.yml", assignments=assignments)
        return run_job(module.run, Job(declaration_of(module.run), run_id, config, self.spark))

    @property
    def lake(self) -> Lake:
        return Lake(self.spark, load(self.folder / "base.yml").settings.storage)

    def slices(self, table: Table) -> dict[str, str]:
        """Name of each slice that holds rows to its content hash."""
        state = self.lake.state(table)
        return {name: s.content_hash for name, s in state.slices.items() if s.rows} if state else {}

    def dates(self, table: Table) -> list[date]:
        return sorted(date.fromisoformat(name.partition("snapshot_date=")[2]) for name in self.slices(table))

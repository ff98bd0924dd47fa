"""Files on disk and the kernels that read them, without Spark."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docketlink.sources.kernel_spec import ColumnSpec, FileSpec, Limits
from docketlink.sources.kernels import FileFact, Reading

PERSON = (
    ColumnSpec("id", "id", type="digits", required=True),
    ColumnSpec("name", "name"),
    ColumnSpec("born", "born", type="date", formats=("yyyy-MM-dd", "dd/MM/yyyy")),
)
CSV = FileSpec("csv", ",", '"', "utf-8", "none", PERSON)
HEADER = b"id,name,born\n"


def spec(columns: tuple[ColumnSpec, ...] = PERSON, *, block_bytes: int | None = None, **changes: Any) -> FileSpec:
    """The spec of a comma-delimited UTF-8 file of id, name, born, with changes; limits may be given by name."""
    limits = {key: changes.pop(key) for key in [*changes] if key in {f.name for f in dataclasses.fields(Limits)}}
    if block_bytes:
        limits["block_bytes"] = block_bytes
    return dataclasses.replace(CSV, columns=columns, limits=Limits(**limits), **changes)


class Landed:
    """One file below a landing folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, content: bytes, name: str = "part-0") -> str:
        (self.folder / name).write_bytes(content)
        return name

    def inspect(self, content: bytes, how: FileSpec = CSV) -> FileFact:
        reading = Reading(str(self.folder), self.write(content), [how])
        for _ in reading.records():
            pass
        return reading.fact

    def rules(self, content: bytes, how: FileSpec = CSV) -> list[str]:
        return [fault["rule"] for fault in self.inspect(content, how).faults]

    def detail(self, content: bytes, how: FileSpec = CSV) -> str:
        return "; ".join(fault["detail"] for fault in self.inspect(content, how).faults)

    def parse(self, content: bytes, how: FileSpec = CSV) -> list[dict[str, Any]]:
        path = self.write(content)
        return [row for _, batch in Reading(str(self.folder), path, [how]).records() for row in batch.to_pylist()]

    def values(self, content: bytes, how: FileSpec = CSV) -> list[tuple[Any, ...]]:
        """Ordinal, the columns, and the faults as RULE or RULE:column."""
        return [
            (row["ordinal"], *(row[c.name] for c in how.kept), [":".join(filter(None, f.values())) for f in row["faults"]])
            for row in self.parse(content, how)
        ]


@pytest.fixture
def landed(tmp_path: Path) -> Landed:
    return Landed(tmp_path)


@pytest.fixture(scope="session")
def spec_of() -> Callable[..., FileSpec]:
    return spec


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """For laws, whose many examples write to one folder."""
    return Landed(tmp_path_factory.mktemp("landed"))

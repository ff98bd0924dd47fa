"""Which files are a delivery, and what in a landing folder is refused."""

import os
from datetime import date
from pathlib import Path

import pytest
from docketlink.config.source import SourceConfig
from docketlink.errors import SourceError
from docketlink.sources.landing import SNAPSHOT, find_deliveries

COLUMN = {"id": {"about": "Key."}}
COURT = SourceConfig.model_validate(
    {
        "source": "court",
        "about": "A court.",
        "tables": {name: {"about": name, "native_key": ["id"], "columns": COLUMN} for name in ("person", "offence")},
        "record": {"table": "person", "key": ["id"], "name": {}},
    }
)


def land(root: Path, table: str, day: str, *names: str, source: str = "court") -> Path:
    folder = root / source / table / f"{SNAPSHOT}{day}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("id\n1\n")
    return folder


def faults(root: Path) -> str:
    with pytest.raises(SourceError) as caught:
        find_deliveries(str(root), COURT)
    return "; ".join(caught.value.faults)


def test_deliveries_come_by_date_with_files_by_table_and_name(tmp_path: Path) -> None:
    for day in ("2026-01-12", "2026-01-05"):
        land(tmp_path, "person", day, "part-1", "part-0", "_SUCCESS", ".part-0.crc")
        land(tmp_path, "offence", day, "a b%20c[1].csv")
    land(tmp_path, "person", "2026-01-05", "x", source="prison")
    (tmp_path / "court" / "_temporary").mkdir()
    first, second = find_deliveries(str(tmp_path), COURT)
    assert (first.snapshot_date, second.snapshot_date) == (date(2026, 1, 5), date(2026, 1, 12))
    assert [(file.table, file.name, file.bytes) for file in first.files] == [
        ("offence", "a b%20c[1].csv", 5), ("person", "part-0", 5), ("person", "part-1", 5),
    ]  # fmt: skip
    assert (tmp_path / first.files[0].path).exists()
    assert [file.name for file in first.of("person")] == ["part-0", "part-1"]
    assert find_deliveries(f"file://{tmp_path}", COURT)[0].files[0].path == first.files[0].path


def test_nothing_landed_is_a_fault(tmp_path: Path) -> None:
    assert "no file below" in faults(tmp_path)
    assert "no file below" in faults(tmp_path / "missing")
    land(tmp_path, "person", "2026-01-05")
    assert "no file below" in faults(tmp_path)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    land(tmp_path, "person", "2026-01-05", "part-0")
    land(tmp_path, "offence", "2026-01-05", "_SUCCESS")
    land(tmp_path, "witness", "2026-01-05", "part-0")
    land(tmp_path, "person", "2026-02-30", "part-0")
    land(tmp_path, "person", "20260112", "part-0")
    (tmp_path / "court" / "person" / "today").mkdir()
    (tmp_path / "court" / "notes.txt").write_text("x")
    (land(tmp_path, "person", "2026-01-05") / "deeper").mkdir()
    told = faults(tmp_path)
    for each in (
        "court/witness is the folder of no declared table",
        "court/person/mojap_snapshot_date=2026-02-30 is not named",
        "court/person/mojap_snapshot_date=20260112 is not named",
        "court/person/today is not named",
        "court holds a file outside a snapshot's folder",
        "court/person/mojap_snapshot_date=2026-01-05 holds a folder",
        "table offence has no file of 2026-01-05",
    ):
        assert each in told, each
    assert len(told.split("; ")) == 8, "files lie directly in a snapshot's folder; is part of one"


def test_links_may_not_leave_the_landing_folder(tmp_path: Path) -> None:
    root, outside = tmp_path / "landing", tmp_path / "outside"
    outside.write_text("id\n1\n")
    folder = land(root, "person", "2026-01-05", "part-0")
    land(root, "offence", "2026-01-05", "part-0")
    os.symlink(folder / "part-0", folder / "inside")
    assert len(find_deliveries(str(root), COURT)[0].of("person")) == 2
    os.symlink(outside, folder / "link")
    assert "link that leaves" in faults(root)
    (folder / "link").unlink()
    os.symlink(tmp_path / "nowhere", folder / "link")
    assert "link that leads nowhere" in faults(root)


def test_several_tables_read_the_files_of_one_folder(tmp_path: Path) -> None:
    said = {"about": "x", "format": {"kind": "jsonl"}, "folder": "event", "native_key": ["id"], "columns": COLUMN}
    source = SourceConfig.model_validate(
        {**COURT.model_dump(), "tables": {"person": said, "offence": {**said, "rows": "people[]"}, "record": said}}
    )
    land(tmp_path, "event", "2026-01-05", "b", "a")
    (delivery,) = find_deliveries(str(tmp_path), source)
    for table in ("person", "offence", "record"):
        assert [(file.table, file.name) for file in delivery.of(table)] == [(table, "a"), (table, "b")]
        assert delivery.of(table)[0].path == f"court/event/{SNAPSHOT}2026-01-05/a"

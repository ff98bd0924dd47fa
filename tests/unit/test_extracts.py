"""Which rows of the raw tables are a source's latest extract."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from docketlink.config.source import SourceConfig
from docketlink.runtime.extracts import latest_extract


class Recorded:
    """A job whose tables hold two snapshots, and which says what it was asked to read."""

    def state(self, _: object) -> object:
        return SimpleNamespace(slices={"snapshot_date=2026-01-12": None, "snapshot_date=2026-01-05": None})

    def read(self, table: Any) -> str:
        return f"all of {table.name}"

    def read_slice(self, table: Any, where: dict[str, date]) -> str:
        return f"{where['snapshot_date']} of {table.name}"


@pytest.mark.parametrize(("deliveries", "expected"), [("full", "2026-01-12 of court_person"), ("append", "all of court_person")])
def test_full_copies_count_by_the_newest_and_additions_all_together(deliveries: str, expected: str) -> None:
    source = SourceConfig.model_validate(
        {
            "source": "court",
            "about": "A court.",
            "deliveries": deliveries,
            "tables": {"person": {"about": "x", "native_key": ["id"], "columns": {"id": {"about": "Key."}}}},
            "record": {"table": "person", "key": ["id"], "name": {}},
        }
    )
    day, raw = latest_extract(Recorded(), source)  # type: ignore[arg-type]
    assert day == date(2026, 1, 12)
    assert raw == {"person": expected}

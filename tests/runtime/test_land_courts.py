"""Disk need is known before anything is written."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from docketlink.config.load import load
from docketlink.errors import ConfigError
from docketlink.runtime.synthetic import land_courts

CONF = Path(__file__).parents[2] / "conf" / "base.yml"


def job(folder: Path, *assignments: str) -> SimpleNamespace:
    """What land_courts asks of a job before it writes; anything further is an AttributeError."""
    return SimpleNamespace(config=load(CONF, assignments=[f"landing={folder}/landing", *assignments]))


@pytest.mark.parametrize(
    ("size", "more", "gigabytes"), [("1m", (), "0.4"), ("national", (), "29.1"), ("national", ("synthetic.stress=true",), "31.1")]
)
def test_too_small_a_disk_is_refused_with_the_need_and_nothing_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str, more: tuple[str, ...], gigabytes: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=300_000_000))
    with pytest.raises(ConfigError, match=rf"need about {gigabytes} GB, and the disk of .* has 0\.3 GB left"):
        land_courts(job(tmp_path, f"synthetic.records={size}", *more))  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_disk_with_room_is_not_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**15))
    with pytest.raises(AttributeError):  # the next step would be Spark's
        land_courts(job(tmp_path, "synthetic.records=national"))  # type: ignore[arg-type]

"""A job as a command: its help, its exit codes, what it refuses before Spark starts."""

from pathlib import Path

import pytest
from docketlink.runtime.main import main

from jobs import build_events, ingest_source, run_pipeline, train_model
from tests.town import PROJECT


def test_help_is_the_docstring_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(build_events.run, ["--help"]) == 0
    printed = capsys.readouterr().out
    assert "  Reads   payload.court_event       one event of one record\n" in printed
    assert "  Writes  research.person_event     one contact of one person with one system\n" in printed


def test_a_configuration_fault_ends_with_2_and_names_the_key(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(build_events.run, ["--config", str(PROJECT / "conf" / "base.yml"), "--set", "storage.colour=red"])
    assert code == 2
    assert "storage.colour: unknown key" in capsys.readouterr().err


def test_an_unknown_option_ends_with_2() -> None:
    assert main(build_events.run, ["--colour"]) == 2


def test_an_unknown_stage_ends_with_2(spark, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [f"storage.root={tmp_path}", "pipeline.start=dance"]
    arguments = [part for setting in settings for part in ("--set", setting)]
    assert main(run_pipeline.run, ["--config", str(PROJECT / "conf" / "demo.yml"), *arguments]) == 2
    assert "there is no stage 'dance'" in capsys.readouterr().err


def test_a_source_without_files_ends_with_3_and_says_what_to_do(spark, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [f"storage.root={tmp_path / 'lake'}", f"landing={tmp_path / 'landing'}"]
    arguments = [part for setting in settings for part in ("--set", setting)]
    assert main(ingest_source.run, ["--config", str(PROJECT / "conf" / "demo.yml"), *arguments]) == 3
    printed = capsys.readouterr().err
    assert "source assess_oasys, civil_caseman, common_platform" in printed
    assert "Next:" in printed


def test_real_data_refuse_the_test_key_before_spark_starts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(run_pipeline.run, ["--config", str(PROJECT / "conf" / "demo.yml"), "--set", "data=real"]) == 2
    printed = capsys.readouterr().err
    assert "test" in printed
    assert "starting_spark" not in printed


def test_a_shortcut_is_a_setting_that_is_checked_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(train_model.run, ["--help"], shortcuts=train_model.SHORTCUTS) == 0
    assert "--backend VALUE" in capsys.readouterr().out
    arguments = ["--config", str(PROJECT / "conf" / "demo.yml"), "--backend", "abacus"]
    assert main(train_model.run, arguments, shortcuts=train_model.SHORTCUTS) == 2
    assert "linkage.train_with: Input should be 'duckdb' or 'spark'" in capsys.readouterr().err

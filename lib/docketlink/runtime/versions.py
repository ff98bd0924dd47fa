"""Tables whose next version follows from the one before."""

from docketlink.contracts import Table
from docketlink.errors import LockError
from docketlink.storage.state import TableState


def require_next_version(table: Table, state: TableState | None, version: int) -> None:
    """Raise LockError unless ``version`` is the one after ``state``: another run wrote the table meanwhile. Object stores know no lock."""
    if (state.revision if state else 0) != version - 1:
        raise LockError(
            f"{table} was written by another run while this one prepared version {version}; nothing of this one was published.",
            next_step="run the job again: it starts from what the other run made.",
        )

"""Two runs that would make the next version of one table: one waits or is refused."""

from pathlib import Path

import pytest
from docketlink.config.settings import Storage
from docketlink.contracts.spine import PERSON_SPINE
from docketlink.errors import LockError
from docketlink.runtime.versions import require_next_version
from docketlink.storage.lake import Lake, Stamp
from docketlink.storage.state import TableState


def test_while_one_run_makes_the_next_version_another_is_refused_after_its_wait(spark, tmp_path: Path) -> None:
    lake = Lake(spark, Storage(root=str(tmp_path), lock_wait_seconds=0))
    first, second = (lake.alone(PERSON_SPINE, Stamp(run, "assign_person_ids", "")) for run in ("r1", "r2"))
    with first, pytest.raises(LockError, match=r"spine\.person_spine.*run r1"), second:
        pass
    with lake.alone(PERSON_SPINE, Stamp("r3", "assign_person_ids", "")):
        pass


@pytest.mark.parametrize(
    ("state", "version", "is_next"), [(None, 1, True), (TableState(4, revision=3), 4, True), (TableState(5, revision=4), 4, False)]
)
def test_a_version_prepared_from_an_older_one_is_refused(state: TableState | None, version: int, *, is_next: bool) -> None:
    if is_next:
        require_next_version(PERSON_SPINE, state, version)
    else:
        with pytest.raises(LockError, match=r"written by another run.*Next: run the job again"):
            require_next_version(PERSON_SPINE, state, version)

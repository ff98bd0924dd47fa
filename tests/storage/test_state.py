"""Slices and the state that a commit's metadata tell."""

import json
from datetime import date, datetime

import pytest
from docketlink.contracts.arrivals import RECEIVED_FILE
from docketlink.errors import ContractError, StorageError
from docketlink.storage.state import Slice, SliceState, Stamp, TableState, decoded, encoded, state_of

DAY = {"source": "o'b", "table": "a/b=c%", "snapshot_date": date(2026, 1, 5)}


def held(**slices: int) -> TableState:
    return TableState(5, 3, sum(slices.values()), "9", {name: SliceState(rows, "9", "i") for name, rows in slices.items()})


def test_a_slice_names_its_columns_in_the_order_of_the_partitions() -> None:
    part = Slice.of(RECEIVED_FILE, dict(reversed(DAY.items())))
    assert part.name == "source=o'b/table=a%2Fb%3Dc%25/snapshot_date=2026-01-05"
    assert Slice.named(part.name).where == part.where
    assert part.predicate == "`source` = 'o\\'b' AND `table` = 'a/b=c%' AND `snapshot_date` = DATE'2026-01-05'"
    assert (Slice.of(RECEIVED_FILE, None).name, Slice.of(RECEIVED_FILE, {}).predicate) == ("", "")


@pytest.mark.parametrize(
    "where",
    [{"bytes": 3}, {"source": 3}, {"snapshot_date": "2026-01-05"}, {"snapshot_date": datetime(2026, 1, 5)}, {"source": None}],  # noqa: DTZ001
)
def test_a_slice_of_another_column_or_type_is_refused(where: dict[str, object]) -> None:
    with pytest.raises(ContractError, match=next(iter(where))):
        Slice.of(RECEIVED_FILE, where)  # type: ignore[arg-type]


def test_a_state_survives_its_metadata_and_names_nobody() -> None:
    state = TableState(7, 3, 5, "-12", {"a=1": SliceState(5, "-12", "i")})
    text = encoded(Stamp("r", "j", "i"), Slice({"a": "1"}), state)
    told = decoded(text)
    assert told is not None
    assert state_of(told, 7) == state
    assert set(json.loads(text)) == {"docketlink", "run", "job", "slice", "input_hash", "content_hash", "rows", "revision", "slices"}


@pytest.mark.parametrize("text", [None, "", "r1", "[1]", '{"run": "x"}'])
def test_metadata_of_others_tell_nothing(text: str | None) -> None:
    assert decoded(text) is None


def test_a_replaced_slice_leaves_the_others_and_the_table_is_their_sum() -> None:
    state = held(**{"source=a": 2, "source=b": 3}).replaced(RECEIVED_FILE, Slice({"source": "b"}), SliceState(10, "-4", "j"))
    assert (state.delta_version, state.revision, state.rows, state.content_hash) == (6, 4, 12, "5")
    assert state.slices["source=a"] == SliceState(2, "9", "i")


def test_a_wider_slice_takes_in_the_narrower_ones() -> None:
    before = held(**{"source=a/table=x": 2, "source=a/table=y": 3, "source=b/table=x": 4})
    assert before.within(Slice({"source": "a"})) == SliceState(5, "18", "")
    after = before.replaced(RECEIVED_FILE, Slice({"source": "a"}), SliceState(1, "1", "j"))
    assert set(after.slices) == {"source=a", "source=b/table=x"}


@pytest.mark.parametrize(
    ("there", "new"), [("", {"source": "a"}), ("source=a", {"source": "a", "table": "x"}), ("source=a", {"table": "x"})]
)
def test_a_slice_that_cuts_through_another_is_refused(there: str, new: dict[str, str]) -> None:
    with pytest.raises(StorageError, match="cuts through"):
        held(**{there: 2}).replaced(RECEIVED_FILE, Slice(new), SliceState(1, "1", "j"))
    emptied = held(**{there: 0}).replaced(RECEIVED_FILE, Slice(new), SliceState(1, "1", "j"))
    assert emptied.rows == 1


def test_rows_are_not_added_to_a_table_of_slices() -> None:
    with pytest.raises(StorageError, match="by slices"):
        held(**{"source=a": 2}).added(RECEIVED_FILE, 1, "1", "j")
    assert held(**{"": 2}).added(RECEIVED_FILE, 1, "1", "j").slices == {"": SliceState(3, "10", "j")}

"""A revision of a table writes what replacing it whole would, and looks closely at what is new alone."""

import shutil
from pathlib import Path

import pytest
from docketlink.config.settings import Storage
from docketlink.contracts import Revision
from docketlink.errors import ContractError, StorageError
from docketlink.storage import audit
from docketlink.storage.lake import Lake
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tests.storage.samples import PERSON, people, person, stamp

A, B = {"source": "a"}, {"source": "b"}


def revision(lake: Lake, leaves: str, fresh: DataFrame, **where: str) -> Revision:
    before = lake.read(PERSON)
    for column, value in where.items():
        before = before.where(F.col(column) == value)
    return Revision(before.withColumn("leaves", F.expr(leaves)), fresh)


@pytest.fixture(scope="module")
def prepared(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a table of two slices."""
    folder = tmp_path_factory.mktemp("prepared")
    lake = Lake(spark, Storage(root=str(folder)))
    lake.replace(PERSON, people(spark, *(person(f"a{i}", other_map={"b": str(i), "a": None}) for i in range(6))), stamp("i1"), where=A)
    lake.replace(PERSON, people(spark, person("b1", "b")), stamp("i2"), where=B)
    return folder


@pytest.fixture
def held(prepared: Path, lake: Lake, settings: Storage) -> Lake:
    shutil.copytree(prepared, settings.root)
    return lake


@pytest.mark.parametrize(
    ("leaving", "fresh"),
    [
        (["a1", "a2"], [person("a2", weight=0.25), person("a9")]),
        ([], [person("a9", born=None)]),
        (["a0", "a5"], []),
        ([f"a{i}" for i in range(6)], [person("a9")]),
        ([f"a{i}" for i in range(6)], []),
    ],
)
@pytest.mark.parametrize("sent", [0, 100])
def test_a_revision_is_the_whole_table_written_anew(
    spark: SparkSession, held: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leaving: list[str], fresh: list[tuple], sent: int
) -> None:
    monkeypatch.setattr(audit, "_MOST_SENT", sent)
    given = revision(held, f"record_id IN ({str(leaving)[1:-1]})" if leaving else "false", people(spark, *fresh), source="a")
    whole = given.rows.localCheckpoint()
    revised = held.replace(PERSON, given, stamp("i3"), where=A, allow_empty=True)
    other = Lake(spark, Storage(root=str(tmp_path / "other")))
    anew = other.replace(PERSON, whole, stamp("i3"), where=A, allow_empty=True)
    assert (revised.rows, revised.content_hash) == (anew.rows, anew.content_hash)
    assert revised.changed
    assert sorted(held.read(PERSON).where("source = 'a'").select("record_id", "weight").collect()) == sorted(
        whole.select("record_id", "weight").collect()
    )
    assert held.read(PERSON).where("source = 'b'").count() == 1
    state = held.state(PERSON)
    assert state is not None
    assert state.rows == revised.rows + 1


def test_a_revision_that_changes_nothing_makes_no_version(spark: SparkSession, held: Lake) -> None:
    same = people(spark, person("a3", other_map={"a": None, "b": "3"}))
    written = held.replace(PERSON, revision(held, "record_id = 'a3'", same, source="a"), stamp("i3"), where=A)
    assert not written.changed
    assert held.history(PERSON)[0].version == 2


def test_a_key_that_stays_is_not_given_again(spark: SparkSession, held: Lake) -> None:
    for leaves, fresh in (("record_id = 'a1'", person("a2")), ("record_id = 'a1'", person("b1"))):  # of its own slice, and of another
        with pytest.raises(ContractError, match=r"1 key\(s\) \(record_id\) in a new row and in one that stays"):
            held.replace(PERSON, revision(held, leaves, people(spark, fresh), source="a"), stamp("i3"), where=A)
    twice = people(spark, person("a8"), person("a8"))
    with pytest.raises(ContractError, match=r"in more than one row"):
        held.replace(PERSON, revision(held, "false", twice, source="a"), stamp("i3"), where=A)
    assert held.history(PERSON)[0].version == 2


def test_a_new_row_that_breaks_its_contract_is_refused(spark: SparkSession, held: Lake) -> None:
    with pytest.raises(ContractError, match="weight_is_share"):
        held.replace(PERSON, revision(held, "false", people(spark, person("a8", weight=2.0)), source="a"), stamp("i3"), where=A)
    with pytest.raises(ContractError, match="outside the slice"):
        held.replace(PERSON, revision(held, "false", people(spark, person("c8", "c")), source="a"), stamp("i3"), where=A)


def test_a_revision_of_another_version_is_refused(spark: SparkSession, held: Lake) -> None:
    others = people(spark, *(person(f"z{i}") for i in range(6)))  # as many rows as before
    changing, idle = (
        revision(held, *told, source="a") for told in (("record_id = 'a1'", people(spark, person("a8"))), ("false", people(spark)))
    )
    same = revision(held, "record_id = 'a3'", people(spark, person("a3", other_map={"b": "3", "a": None})), source="a")
    held.replace(PERSON, others, stamp("i3"), where=A)
    for late in (changing, idle, same):
        with pytest.raises(StorageError, match="6 rows that the slice does not hold: another run"):
            held.replace(PERSON, late, stamp("i4"), where=A)
    assert held.history(PERSON)[0].version == 3
    held.replace(PERSON, others.limit(5), stamp("i5"), where=A)
    with pytest.raises(StorageError, match="another run"):
        held.replace(PERSON, changing, stamp("i6"), where=A)

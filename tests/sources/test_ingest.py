"""From landed files to raw rows in Spark: duplicates, counts, truth, and files that stop a source."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from docketlink.columns.keys import record_key
from docketlink.config.source import SourceConfig
from docketlink.contracts.arrivals import RECEIVED_FILE
from docketlink.errors import SourceError
from docketlink.runtime.row_faults import row_faults
from docketlink.sources.contracts import raw_tables
from docketlink.sources.ingest import (
    GROUP_SCHEMA,
    accepted_rows,
    dealt,
    group_rows,
    hash_files,
    received_files,
    refuse_unusable,
    rejected_rows,
    stage_files,
    staged_schemas,
    truth_rows,
)
from docketlink.sources.landing import SNAPSHOT, Delivery, find_deliveries
from docketlink.sources.rules import at_fault, without
from pyspark.sql import DataFrame, Row, SparkSession

DAY = date(2026, 1, 5)
COURT = SourceConfig.model_validate(
    {
        "source": "court",
        "about": "A court.",
        "tables": {
            "person": {
                "about": "A person in a case.",
                "native_key": ["case", "seq"],
                "truth": "who",
                "columns": {
                    "case": {"about": "Case."},
                    "seq": {"about": "Number in the case.", "type": "digits"},
                    "who": {"about": "True person."},
                    "name": {"about": "Name."},
                },
            }
        },
        "record": {"table": "person", "key": ["case"], "name": {"full": "name"}},
    }
)
PERSON = COURT.tables["person"]
FILES = {
    "a.csv": "case,seq,who,name\nC1,1,Q1,Ann\nC1 ,1,Q1,Ann\nC1,2,Q1,Anne\nC2,x,Q2,Bob\nC3,1\n",
    "b.csv": "case,seq,who,name\nC2,x,Q2,Bob\nC2,1,Q2,Bob\nC1,1,Q9,Twin\n,,Q4,Nobody\nC4,1,,Di\n",
    "c.csv": "case,seq,who,name\n",
    "d.csv": "case,seq,who,name\nC2,1,Q2,Bob\nC5,1,Q5,Ed\n",
}


def deliver(root: Path, files: dict[str, str | bytes]) -> Delivery:
    folder = root / "court" / "person" / f"{SNAPSHOT}{DAY}"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return find_deliveries(str(root), COURT)[0]


def read(spark: SparkSession, delivery: Delivery, folder: Path) -> list[Row]:
    """A fact for each file, its rows staged in the folder."""
    folder.mkdir()
    groups = dealt([delivery], COURT)
    frame = spark.createDataFrame(group_rows(groups), GROUP_SCHEMA)
    return stage_files(frame, COURT, [DAY], tasks=len(groups), folder=str(folder)).collect()


class Loaded:
    """What becomes of the rows of a delivery."""

    def __init__(self, spark: SparkSession, folder: Path, facts: list[Row]) -> None:
        self.facts = facts
        schemas = staged_schemas(PERSON)
        names = ({fact[at] for fact in facts} - {None} for at in ("sound_in", "faulty_in"))
        sound, faulty = (
            spark.read.schema(schema).parquet(*(f"{folder}/{name}" for name in sorted(found)))
            for schema, found in zip(schemas, names, strict=True)
        )
        places = row_faults(COURT, {"person": sound}, lambda frame: frame)["person"]
        self.set_aside = {("person", row.source_file): row["count"] for row in places.groupBy("source_file").count().collect()}
        self.standing = without(sound, places)
        repeated = rejected_rows(at_fault(sound, places), COURT, "person", DAY)
        self.rejected = rejected_rows(faulty, COURT, "person", DAY).unionByName(repeated)


@pytest.fixture(scope="module")
def loaded(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("raw")
    facts = read(spark, deliver(folder / "landing", {**FILES}), folder / "staging")
    return Loaded(spark, folder / "staging", facts)


def rows(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in frame.select(*columns).collect())


def test_sound_rows_become_raw_and_lose_the_truth(loaded: Loaded) -> None:
    accepted = accepted_rows(loaded.standing, raw_tables(COURT)["person"], DAY)
    assert accepted.columns == ["snapshot_date", "source_file", "ordinal", "case", "seq", "name"]
    assert rows(accepted, "source_file", "ordinal", "case", "seq") == [
        ("a.csv", 1, "C1", "1"), ("a.csv", 3, "C1", "2"), ("b.csv", 2, "C2", "1"), ("b.csv", 5, "C4", "1"), ("d.csv", 2, "C5", "1"),
    ]  # fmt: skip


def test_rows_are_set_aside_with_every_reason_and_without_the_truth(loaded: Loaded) -> None:
    rejected = loaded.rejected
    assert rows(rejected, "source_file", "ordinal", "rule", "column") == [
        ("a.csv", 2, "DUPLICATE_KEY", ""),
        ("a.csv", 4, "TYPE", "seq"),
        ("a.csv", 5, "COLUMN_COUNT", ""),
        ("b.csv", 1, "TYPE", "seq"),
        ("b.csv", 3, "DUPLICATE_KEY", ""),
        ("b.csv", 4, "REQUIRED", "case"),
        ("b.csv", 4, "REQUIRED", "seq"),
        ("d.csv", 1, "DUPLICATE_KEY", ""),
    ]
    assert {text for (text,) in rows(rejected.where("record_text IS NOT NULL"), "record_text")} == {"C2,x,Bob", ",,Nobody"}


def test_received_is_accepted_and_rejected_for_every_file(loaded: Loaded) -> None:
    received = received_files(loaded.facts, loaded.set_aside, "court", DAY)
    assert all(len(row) == len(RECEIVED_FILE.columns) for row in received)
    assert [(row[3], *row[6:]) for row in received] == [
        ("a.csv", 5, 2, 3), ("b.csv", 5, 2, 3), ("c.csv", 0, 0, 0), ("d.csv", 2, 1, 1),
    ]  # fmt: skip


def test_the_truth_is_one_row_a_node(loaded: Loaded) -> None:
    truth = truth_rows(loaded.standing, COURT)
    assert rows(truth, "record_key", "true_person_id") == [
        ("court\x1fC1", "Q1"), ("court\x1fC2", "Q2"), ("court\x1fC5", "Q5"),
    ]  # fmt: skip


def test_files_are_read_in_groups_that_follow_from_the_files_alone_each_in_a_task_of_its_own(spark: SparkSession, tmp_path: Path) -> None:
    delivery = deliver(tmp_path, {f"{i}.csv": "case,seq,who,name\nC,1,,\n" for i in range(13)})
    groups = dealt([delivery], COURT)
    assert sorted(file[1] for group in groups for file in group) == sorted(f"{i}.csv" for i in range(13))
    assert max(map(len, groups)) - min(map(len, groups)) <= 1
    frame = spark.createDataFrame(group_rows(groups), GROUP_SCHEMA)
    hashed = hash_files(frame, tasks=len(groups))
    assert sorted(len(part) for part in hashed.rdd.glom().collect()) == sorted(map(len, groups))


def test_unusable_files_are_all_named_and_give_no_value_away(spark: SparkSession, tmp_path: Path) -> None:
    files = {
        "a.csv": "case,seq,who,name\nC1,1,Q1,Prudence\n",
        "b.csv": "case,seq,who,name\nC1,1,Q1,Prudence\n",
        "c.csv": b"",
        "d.csv": "case,seq,name\nC1,1,Prudence\n",
        "e.csv": "case,seq,who,name\n".encode("utf-16"),
    }
    delivery = deliver(tmp_path / "landing", {**files})
    facts = read(spark, delivery, tmp_path / "staging")
    with pytest.raises(SourceError) as caught:
        refuse_unusable(COURT, {delivery.snapshot_date: facts})
    assert [fault.split(" ")[0] for fault in caught.value.faults] == ["person/c.csv", "person/d.csv", "person/e.csv", "person/b.csv"]
    assert "column 'who' is missing (HEADER)" in str(caught.value)
    assert "person/b.csv of 2026-01-05 has the same bytes as person/a.csv" in str(caught.value)
    assert "Prudence" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_delivery_without_a_linking_node_is_refused() -> None:
    class Fact:
        table, source_file, bytes, sha256, has_record, faults = "person", "a", 9, "x", False, ()

    with pytest.raises(SourceError, match="no file of person of 2026-01-05 holds a record"):
        refuse_unusable(COURT, {date(2026, 1, 5): [Fact()]})  # type: ignore[list-item]
    # a week without news takes nothing away
    refuse_unusable(COURT.model_copy(update={"extracts": "appended"}), {date(2026, 1, 5): [Fact()]})  # type: ignore[list-item]


def test_keys_ignore_outer_blanks_and_the_spelling_of_accents(spark: SparkSession) -> None:
    given = [
        ("one accent, composed", "Zo\u00eb", "Zo\u00eb"),
        ("one accent, apart", "Zoe\u0308", "Zo\u00eb"),
        ("two accents, apart", "e\u0302\u0301x", "\u1ebfx"),
        ("two accents, half apart", "\u00ea\u0301x", "\u1ebfx"),
        ("a mark that composes with nothing stays", "q\u0308", "q\u0308"),
        ("a mark without a letter stays", "\u0308e\u0308", "\u0308\u00eb"),
        ("outer blanks go", " \t\u00a0A B \r\n", "A B"),
    ]
    frame = spark.createDataFrame([(name, text, 7) for name, text, _ in given], "name string, `the key` string, ordinal long")
    got = {row.name: row.key for row in frame.select("name", record_key("court", ["the key", "ordinal"]).alias("key")).collect()}
    assert got == {name: f"court\x1f{expected}\x1f7" for name, _, expected in given}

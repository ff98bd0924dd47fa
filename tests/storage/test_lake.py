"""Writing twice is writing once; what is refused leaves the table as it was."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from docketlink.config.settings import Storage
from docketlink.contracts import Field
from docketlink.errors import ContractError, LockError, StorageError
from docketlink.storage import audit
from docketlink.storage.lake import Lake, TableState
from docketlink.storage.locks import table_lock
from docketlink.storage.log import commits_of, described
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from tests.storage.samples import CANARY, NOTE, PERSON, notes, people, person, stamp

A, B = {"source": "a"}, {"source": "b"}


def names(frame: DataFrame) -> set[str]:
    return {row.record_id for row in frame.select("record_id").collect()}


def never_computed(frame: DataFrame) -> DataFrame:
    return frame.withColumn("last_name", F.raise_error(F.lit("computed")).cast("string"))


def test_the_same_inputs_make_no_version_and_no_computation(spark: SparkSession, lake: Lake) -> None:
    frame = people(spark, person("1"), person("2"))
    first = lake.replace(PERSON, frame, stamp("i1"), where=A)
    assert (first.changed, first.delta_version, first.revision, first.rows, first.slice) == (True, 1, 1, 2, "source=a")
    again = lake.replace(PERSON, never_computed(frame), stamp("i1", run_id="r2"), where=A)
    assert again == replace(first, changed=False)
    assert [c.version for c in lake.history(PERSON)] == [1, 0]
    read, told = (commits(spark, PERSON, lake.path(PERSON)) for commits in (commits_of, described))
    assert read == [replace(entry, timestamp=read[i].timestamp) for i, entry in enumerate(told)]
    assert max(abs((a.timestamp - b.timestamp).total_seconds()) for a, b in zip(read, told, strict=True)) < 60


def test_the_same_content_from_other_inputs_makes_no_version_and_is_remembered(spark: SparkSession, lake: Lake) -> None:
    frame = people(spark, *(person(str(i), other_map={"a": "1", "b": "2"}) for i in range(6)))
    first = lake.replace(PERSON, frame, stamp("i1"))
    reordered = people(spark, *(person(str(i), other_map={"b": "2", "a": "1"}) for i in (3, 1, 5, 0, 2, 4))).repartition(3)
    assert lake.replace(PERSON, reordered.select(*reversed(PERSON.columns)), stamp("i2")) == replace(first, changed=False)
    assert lake.replace(PERSON, never_computed(frame), stamp("i2")) == replace(first, changed=False)
    changed = lake.replace(PERSON, people(spark, person("7")), stamp("i3"))
    with pytest.raises(StorageError):  # what gave the content of before is not what gives that of now
        lake.replace(PERSON, never_computed(frame), stamp("i2"))
    assert lake.replace(PERSON, frame, stamp("i2")).delta_version == changed.delta_version + 1


def test_one_slice_is_replaced_and_the_others_stand(spark: SparkSession, lake: Lake) -> None:
    lake.replace(PERSON, people(spark, person("a1"), person("a2")), stamp("i1"), where=A)
    lake.replace(PERSON, people(spark, person("b1", "b")), stamp("i2"), where=B)
    before = lake.state(PERSON)
    written = lake.replace(PERSON, people(spark, person("a3")), stamp("i3", "r3"), where=A)
    assert names(lake.read(PERSON)) == {"a3", "b1"}
    assert names(lake.read(PERSON, version=2)) == {"a1", "a2", "b1"}
    after = lake.state(PERSON)
    assert before is not None
    assert after is not None
    assert (after.delta_version, after.revision, after.rows) == (3, 3, 2)
    assert after.slices["source=b"] == before.slices["source=b"]
    assert int(after.content_hash) == sum(int(s.content_hash) for s in after.slices.values())
    newest = lake.history(PERSON)[0]
    assert (newest.version, newest.run_id, newest.job, newest.slice, newest.input_hash, newest.rows, newest.content_hash) == (
        3, "r3", "a_job", "source=a", "i3", 2, after.content_hash,
    )  # fmt: skip
    assert written.content_hash == after.slices["source=a"].content_hash
    whole = lake.replace(PERSON, people(spark, person("a3"), person("b1", "b")), stamp("i4"))
    assert (whole.changed, whole.content_hash) == (False, after.content_hash)


def test_a_frame_read_before_a_write_gives_the_rows_of_before(spark: SparkSession, lake: Lake) -> None:
    lake.replace(NOTE, notes(spark, (1, "x")), stamp("i1"))
    before = lake.read(NOTE)
    lake.replace(NOTE, before.withColumn("id", F.col("id") + 1), stamp("i2"))
    assert [tuple(row) for row in before.collect()] == [(1, "x")]
    assert [tuple(row) for row in lake.read(NOTE).collect()] == [(2, "x")]


def test_every_fault_is_told_at_once_and_nothing_is_committed(spark: SparkSession, lake: Lake) -> None:
    lake.replace(PERSON, people(spark, person("1")), stamp("i1"), where=A)
    wrong = people(
        spark,
        person(None, last_name=CANARY),  # type: ignore[arg-type]
        person("2", weight=7.25, last_name=CANARY),
        person("3", weight=None, last_name=CANARY),
        person("4", "elsewhere", last_name=CANARY),
    )
    with pytest.raises(ContractError) as refused:
        lake.replace(PERSON, wrong, stamp("i2"), where=A)
    assert refused.value.faults == (
        "1 row(s) where required column 'record_id' is NULL",
        "1 row(s) where required column 'weight' is NULL",
        "2 row(s) where check 'weight_is_share' does not hold",
        "1 row(s) where the row lies outside the slice that is being replaced",
    )
    assert CANARY not in str(refused.value)
    assert "7.25" not in str(refused.value)
    assert lake.history(PERSON)[0].version == 1


def test_a_repeated_key_is_refused_within_the_frame_and_across_slices(spark: SparkSession, lake: Lake) -> None:
    lake.replace(PERSON, people(spark, person("1"), person("2")), stamp("i1"), where=A)
    with pytest.raises(ContractError, match=r"identity.person: 2 key\(s\) \(record_id\) in more than one row"):
        lake.replace(PERSON, people(spark, *(person(i) for i in ("5", "5", "6", "6", "6", "7"))), stamp("i2"), where=A)
    with pytest.raises(ContractError, match=r"1 key\(s\)"):
        lake.replace(PERSON, people(spark, person("2", "b"), person("3", "b")), stamp("i3"), where=B)
    lake.replace(PERSON, people(spark, person("2"), person("3")), stamp("i4"), where=A)  # its own rows go
    assert names(lake.read(PERSON)) == {"2", "3"}
    assert lake.history(PERSON)[0].version == 2


def test_keys_that_tell_their_slice_are_compared_within_it_alone(spark: SparkSession, lake: Lake) -> None:
    told = replace(PERSON, key_tells=("source",))
    lake.replace(told, people(spark, person("1"), person("2")), stamp("i1"), where=A)
    with pytest.raises(ContractError, match=r"identity.person: 1 key\(s\) \(record_id\) in more than one row"):
        lake.replace(told, people(spark, person("3", "b"), person("3", "b")), stamp("i2"), where=B)
    reading = lake.read
    lake.read = None  # type: ignore[method-assign,assignment] - the other slice is not looked at
    lake.replace(told, people(spark, person("3", "b")), stamp("i3"), where=B)
    assert names(reading(told)) == {"1", "2", "3"}


def test_delta_itself_refuses_what_the_audit_would_and_quotes_nobody(spark: SparkSession, lake: Lake) -> None:
    lake.replace(PERSON, people(spark, person("1")), stamp("i1"))
    lax = replace(PERSON, checks={}, fields=tuple(replace(f, required=False) for f in PERSON.fields))
    nobody = person(None)  # type: ignore[arg-type]
    for wrong, told in ((person("2", weight=7.25), "rows break a check"), (nobody, "required column 'record_id' is NULL")):
        with pytest.raises(ContractError, match=told) as refused:
            lake.replace(lax, people(spark, wrong), stamp("i2"))
        assert "7.25" not in str(refused.value)
        assert refused.value.__cause__ is None
    assert lake.history(PERSON)[0].version == 1


def test_failures_of_the_step_are_told_without_its_values(spark: SparkSession, lake: Lake) -> None:
    frame = people(spark, person("1", last_name=CANARY))

    def fail(batches: Iterator[object]) -> Iterator[object]:
        raise ValueError(CANARY)

    cast = frame.withColumn("rule", F.col("last_name").cast("int"))
    kernel = frame.mapInArrow(fail, frame.schema)  # type: ignore[arg-type]
    for wrong, told in ((cast, "CAST_INVALID_INPUT"), (kernel, "ValueError at storage/test_lake.py:")):
        with pytest.raises(StorageError, match=told) as failed:
            lake.replace(PERSON, wrong, stamp("i1"))
        assert CANARY not in str(failed.value)


def test_an_empty_slice_is_refused_unless_it_may_be(spark: SparkSession, lake: Lake) -> None:
    nothing = people(spark).where("false")
    unwritten = lake.replace(PERSON, nothing, stamp("i0"), where=B, allow_empty=True)
    assert (unwritten.changed, unwritten.delta_version, unwritten.revision, unwritten.rows) == (False, 0, 0, 0)
    assert lake.state(PERSON) == TableState(0)
    lake.replace(PERSON, people(spark, person("1")), stamp("i1"), where=A)
    lake.replace(PERSON, people(spark, person("2", "b")), stamp("i2"), where=B)
    with pytest.raises(StorageError, match="nothing to write to slice 'source=a'"):
        lake.replace(PERSON, nothing, stamp("i3"), where=A)
    assert names(lake.read(PERSON)) == {"1", "2"}
    emptied = lake.replace(PERSON, nothing, stamp("i3"), where=A, allow_empty=True)
    assert (emptied.changed, emptied.rows, emptied.content_hash) == (True, 0, "0")
    assert names(lake.read(PERSON)) == {"2"}
    again = lake.replace(PERSON, nothing, stamp("i4"), where=A, allow_empty=True)
    assert (again.changed, again.delta_version) == (False, emptied.delta_version)


def test_a_registry_keeps_what_it_holds_and_takes_what_is_new(spark: SparkSession, lake: Lake) -> None:
    assert lake.insert(NOTE, notes(spark, (1, "x")), stamp("i1")).changed
    with pytest.raises(ContractError, match="key"):
        lake.insert(NOTE, notes(spark, (2, "y"), (2, "z")), stamp("i2"))
    unchanged = lake.insert(NOTE, notes(spark, (1, "other")), stamp("i3"))
    assert (unchanged.changed, unchanged.delta_version, unchanged.rows) == (False, 1, 1)
    added = lake.insert(NOTE, notes(spark, (1, "other"), (2, "y")), stamp("i4"))
    assert (added.changed, added.delta_version, added.rows) == (True, 2, 2)
    assert {tuple(row) for row in lake.read(NOTE).collect()} == {(1, "x"), (2, "y")}
    assert not lake.replace(NOTE, notes(spark, (2, "y"), (1, "x")), stamp("i5")).changed  # the hash of the sum is that of the whole


def test_a_ledger_takes_every_row_once(spark: SparkSession, lake: Lake) -> None:
    lake.append(NOTE, notes(spark, (1, "x")), stamp("i1"))
    second = lake.append(NOTE, notes(spark, (2, "x")), stamp("i1"))
    assert (second.changed, second.rows, second.revision) == (True, 2, 2)
    with pytest.raises(ContractError, match="key"):
        lake.append(NOTE, notes(spark, (2, "y")), stamp("i2"))
    assert not lake.append(NOTE, notes(spark).where("false"), stamp("i3")).changed


def test_a_change_by_somebody_else_is_found_and_can_be_undone(spark: SparkSession, lake: Lake) -> None:
    lake.replace(NOTE, notes(spark, (1, "x"), (2, "y")), stamp("i1"))
    state = lake.state(NOTE)
    table = f"delta.`{lake.path(NOTE)}`"
    spark.sql(f"OPTIMIZE {table}")
    spark.sql(f"VACUUM {table}")
    upkept = lake.state(NOTE)
    assert state is not None
    assert upkept is not None
    assert upkept.delta_version > 1
    assert upkept == replace(state, delta_version=upkept.delta_version)
    spark.sql(f"DELETE FROM {table} WHERE id = 1")
    foreign = lake.history(NOTE)[0]
    assert (foreign.operation, foreign.run_id, foreign.rows) == ("DELETE", None, None)
    for touch in (lambda: lake.state(NOTE), lambda: lake.replace(NOTE, notes(spark, (1, "x")), stamp("i2"))):
        with pytest.raises(StorageError, match=rf"ops.note: version {foreign.version} \(DELETE\) was not made by docketlink"):
            touch()
    restored = lake.restore(NOTE, foreign.version - 1, stamp("undo"))
    assert (restored.delta_version, restored.rows, restored.revision) == (foreign.version + 1, 2, 2)
    assert lake.state(NOTE) == replace(state, delta_version=restored.delta_version, revision=2)
    assert lake.read(NOTE).count() == 2
    assert not lake.replace(NOTE, notes(spark, (1, "x"), (2, "y")), stamp("i1")).changed


def test_a_table_or_version_that_is_not_there_is_told_with_the_next_step(spark: SparkSession, lake: Lake) -> None:
    assert not lake.exists(NOTE)
    assert described(spark, NOTE, lake.path(NOTE)) == []
    assert lake.state(NOTE) is None
    assert lake.history(NOTE) == []
    with pytest.raises(StorageError, match=r"ops.note does not exist .* Next: run the job"):
        lake.read(NOTE)
    lake.replace(NOTE, notes(spark, (1, "x")), stamp("i1"))
    assert lake.exists(NOTE)
    with pytest.raises(StorageError, match=r"version 9 cannot be read \(DELTA_VERSION_NOT_FOUND\); the newest is 1"):
        lake.read(NOTE, version=9)


def test_a_contract_that_moved_on_is_refused_by_the_table_on_disk(spark: SparkSession, lake: Lake) -> None:
    lake.replace(NOTE, notes(spark, (1, "x")), stamp("i1"))
    moved = replace(NOTE, fields=(NOTE.fields[0], Field("words", StringType(), "As text was.")))
    frame = notes(spark, (1, "x")).withColumnRenamed("text", "words")
    with pytest.raises(StorageError, match="'text' is string, promised nothing; 'words' is missing, promised string"):
        lake.replace(moved, frame, stamp("i2"))


@pytest.mark.parametrize("phase", ["staged", "data_committed"])
def test_a_run_that_stopped_anywhere_is_finished_by_the_next(spark: SparkSession, settings: Storage, phase: str) -> None:
    class StoppedError(Exception):
        pass

    def stop(at: str) -> None:
        if at == phase:
            raise StoppedError

    whole = Lake(spark, settings)
    whole.replace(PERSON, people(spark, person("1")), stamp("i1"), where=A)
    with pytest.raises(StoppedError):
        Lake(spark, settings, after=stop).replace(PERSON, people(spark, person("2")), stamp("i2"), where=A)
    assert names(whole.read(PERSON)) == ({"1"} if phase == "staged" else {"2"})
    rerun = whole.replace(PERSON, people(spark, person("2")), stamp("i2"), where=A)
    assert rerun.changed is (phase == "staged")
    assert names(whole.read(PERSON)) == {"2"}
    assert [c.version for c in whole.history(PERSON)] == [2, 1, 0]
    assert rerun.content_hash == whole.state(PERSON).slices["source=a"].content_hash  # type: ignore[union-attr]


def test_rows_that_change_between_audit_and_write_are_taken_back(
    spark: SparkSession, settings: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on a cluster, where a lost executor's rows are computed again.
    monkeypatch.setattr(audit, "held_on_disk", lambda frame: frame.persist(StorageLevel.DISK_ONLY))

    def evict(phase: str) -> None:
        if phase == "staged":
            spark.catalog.clearCache()

    def ticking(batches: Iterator[object]) -> Iterator[object]:
        for _ in batches:
            yield pa.RecordBatch.from_pydict({"id": pa.array([time.time_ns()], pa.int64()), "text": ["x"]})

    lake = Lake(spark, settings)
    lake.replace(NOTE, notes(spark, (1, "x")), stamp("i1"))
    before = lake.state(NOTE)
    other = spark.range(1, numPartitions=1).mapInArrow(ticking, "id bigint, text string")  # type: ignore[arg-type]
    with pytest.raises(StorageError, match="not the rows audited; version 1 was restored"):
        Lake(spark, settings, after=evict).replace(NOTE, other, stamp("i2"))
    assert before is not None
    assert lake.state(NOTE) == replace(before, delta_version=3, revision=3)
    assert [tuple(row) for row in lake.read(NOTE).collect()] == [(1, "x")]
    assert spark.conf.get("spark.databricks.delta.commitInfo.userMetadata", "none") == "none"


def test_rows_that_cannot_be_computed_anew_are_known(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = notes(spark, (1, "x"))
    with audit.on_disk(frame, frame) as (_, is_fixed):
        assert is_fixed
    held = frame.persist(StorageLevel.DISK_ONLY)
    with audit.on_disk(held, held) as (_, is_fixed):
        assert not is_fixed
    held.unpersist()
    monkeypatch.setattr(audit, "held_on_disk", lambda frame: frame.persist(StorageLevel.DISK_ONLY))
    with audit.on_disk(frame, frame) as (_, is_fixed):
        assert not is_fixed


def test_a_writer_that_came_between_is_found(spark: SparkSession, settings: Storage) -> None:
    lake = Lake(spark, settings)
    lake.replace(NOTE, notes(spark, (1, "x")), stamp("i1"))

    def intrude(phase: str) -> None:
        if phase == "staged":
            notes(spark, (3, "z")).write.format("delta").mode("append").save(lake.path(NOTE))

    with pytest.raises(StorageError, match=r"version 3 is not the one that run r1 wrote"):
        Lake(spark, settings, after=intrude).append(NOTE, notes(spark, (2, "y")), stamp("i2"))


def test_nothing_stays_cached_and_what_the_caller_holds_stays_held(spark: SparkSession, lake: Lake) -> None:
    spark.catalog.clearCache()
    cache = spark._jsparkSession.sharedState().cacheManager()  # type: ignore[attr-defined]
    lake.replace(NOTE, notes(spark, (1, "x")), stamp("i1"))
    with pytest.raises(ContractError):
        lake.replace(NOTE, notes(spark, (1, "x"), (1, "y")), stamp("i2"))
    assert cache.isEmpty()
    held = notes(spark, (2, "x")).persist(StorageLevel.DISK_ONLY)
    lake.replace(NOTE, held, stamp("i3"))
    assert held.storageLevel.useDisk
    held.unpersist()
    assert cache.isEmpty()


def test_a_locked_table_is_not_written(spark: SparkSession, lake: Lake, settings: Storage) -> None:
    with (
        table_lock(Path(settings.root) / "_locks", NOTE.full_name, 0, job="other", run="r0"),
        pytest.raises(LockError, match=r"ops.note .*job other, run r0"),
    ):
        lake.replace(NOTE, notes(spark, (1, "x")), stamp("i1"))
    assert not lake.exists(NOTE)


def test_tables_open_to_others_keep_history_and_their_log_names_nobody(spark: SparkSession, lake: Lake) -> None:
    for i in range(3):
        lake.replace(PERSON, people(spark, person(f"r{i}", last_name=CANARY, name_arr=[CANARY], born=date(1907, 3, 9))), stamp(f"i{i}"))
        if i == 0:  # checkpoints show statistics too
            spark.sql(f"ALTER TABLE delta.`{lake.path(PERSON)}` SET TBLPROPERTIES ('delta.checkpointInterval' = '2')")
    lake.replace(NOTE, notes(spark, (1, "x")), stamp("i1"))
    person_detail, note_detail = (spark.sql(f"DESCRIBE DETAIL delta.`{lake.path(table)}`").first() for table in (PERSON, NOTE))
    assert (person_detail.minReaderVersion, person_detail.minWriterVersion) == (1, 3)
    assert (note_detail.minReaderVersion, note_detail.minWriterVersion) == (1, 2)
    assert person_detail.partitionColumns == ["source"]
    assert person_detail.properties == {
        "delta.deletedFileRetentionDuration": "interval 400 days",
        "delta.logRetentionDuration": "interval 400 days",
        "delta.enableDeletionVectors": "false",
        "delta.dataSkippingStatsColumns": "`record_id`,`seen_at`",
        "delta.constraints.weight_is_share": "weight >= 0 AND weight <= 1",
        "delta.checkpointInterval": "2",
    }
    assert note_detail.properties["delta.logRetentionDuration"] == "interval 3650 days"
    comments = {f.name: f.metadata.get("comment") for f in spark.read.format("delta").load(lake.path(PERSON)).schema.fields}
    assert comments == {f.name: f.doc for f in PERSON.fields}
    files = [file for file in (Path(lake.path(PERSON)) / "_delta_log").rglob("*") if file.is_file()]
    assert any("checkpoint" in file.name for file in files)
    shown = [file.name for file in files if any(word in file.read_bytes() for word in (CANARY.encode(), b"1907-03-09"))]
    assert shown == []
    assert any(b"r2" in file.read_bytes() for file in files)  # the search does find what is there
    newest = json.loads(sorted(Path(lake.path(PERSON)).glob("_delta_log/*.json"))[-1].read_text().splitlines()[0])
    assert "docketlink" in newest["commitInfo"]["userMetadata"]


def test_a_dropped_slice_leaves_the_others_and_its_history(spark: SparkSession, lake: Lake) -> None:
    lake.replace(PERSON, people(spark, person("a1"), person("a2")), stamp("i1"), where=A)
    kept = lake.replace(PERSON, people(spark, person("b1", "b")), stamp("i2"), where=B)
    dropped = lake.drop(PERSON, stamp("i3"), where=A)
    assert (dropped.changed, dropped.rows, dropped.delta_version, dropped.slice) == (True, 0, 3, "source=a")
    assert names(lake.read(PERSON)) == {"b1"}
    assert names(lake.read(PERSON, version=2)) == {"a1", "a2", "b1"}
    state = lake.state(PERSON)
    assert state is not None
    assert ([*state.slices], state.content_hash, state.rows) == (["source=b"], kept.content_hash, 1)
    again = lake.drop(PERSON, stamp("i4"), where=A)
    assert (again.changed, again.delta_version) == (False, 3)
    assert lake.drop(PERSON, stamp("i5"), where=B).changed
    assert names(lake.read(PERSON)) == set()


def test_a_replaced_slice_tells_the_hash_of_what_it_replaced(spark: SparkSession, lake: Lake) -> None:
    first = lake.replace(PERSON, people(spark, person("a1")), stamp("i1"), where=A)
    second = lake.replace(PERSON, people(spark, person("a2")), stamp("i2"), where=A)
    assert (first.replaced_hash, second.replaced_hash) == (None, first.content_hash)
    told = commits_of(spark, PERSON, lake.path(PERSON), newest=1)[0].user_metadata
    assert json.loads(told or "")["replaced"] == [1, first.content_hash, "i1"]

"""What changed between two states is found whole, and nothing else is."""

from collections import Counter

import pyarrow as pa
import pytest
from docketlink.linkage import kernel_blobs, kernel_changes
from docketlink.linkage.kernel_touched import differing
from docketlink.linkage.kernels import KeyPlan, connection
from docketlink.linkage.touched import among, changed_nodes, changed_records, moved_records, with_their_persons
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 3)), max_size=12)


def batch_of(rows: list[tuple[int, int, int]], sign: int) -> pa.RecordBatch:
    hashes = [hash(row) for row in rows]
    columns = [hashes, [sign] * len(rows), [row[1] for row in rows], [10 + row[2] for row in rows]]
    return pa.RecordBatch.from_pydict(
        dict(zip(("row", "sign", "node_0", "node_1"), (pa.array(c, pa.int64()) for c in columns), strict=True))
    )


@settings(deadline=None)
@given(ROWS, ROWS, st.randoms())
def test_the_ends_of_rows_that_one_state_holds_more_often_are_found_in_any_order(now: list, then: list, draw) -> None:
    batches = [*(batch_of([row], 1) for row in now), *(batch_of([row], -1) for row in then)]
    draw.shuffle(batches)
    found = [node for batch in differing(batches) for node in batch.column("record_node").to_pylist()]
    more = {row for row in {*now, *then} if Counter(now)[row] != Counter(then)[row]}
    assert sorted(found) == sorted({row[1] for row in more} | {10 + row[2] for row in more})


@settings(deadline=None)
@given(st.lists(st.lists(st.booleans(), max_size=6), max_size=4), st.integers(1, 5))
def test_every_changed_record_is_sent_once_in_chunks_of_the_size_asked_for(flags: list[list[bool]], rows: int) -> None:
    numbered = iter(range(100))
    blobs = [[(next(numbered), flag) for flag in blob] for blob in flags]
    changed = [pa.table({"record": pa.array([r for r, changed in blob if changed], pa.int64())}) for blob in blobs]
    sent = [*kernel_blobs.tables(kernel_changes.chunks((kernel_blobs.row(0, table) for table in changed), rows))]
    assert [part for part, _ in sent] == [*range(len(sent))]
    assert all(table.num_rows == rows for _, table in sent[:-1])
    assert [r for _, table in sent for r in table.column("record").to_pylist()] == [r for blob in blobs for r, changed in blob if changed]


VALUE = st.one_of(st.none(), st.integers(0, 2))
PEOPLE = st.lists(st.tuples(VALUE, VALUE, st.booleans(), st.integers(0, 1)), max_size=9)


@settings(deadline=None)
@given(PEOPLE, st.integers(0, 9), st.integers(1, 20), st.sampled_from([(True, True), (True, False), (False, True)]))
def test_each_pair_with_a_changed_record_is_made_once_by_the_first_rule_that_joins_it(
    people: list[tuple], cut: int, at_once: int, owned: tuple[bool, bool]
) -> None:
    """Over the blobs that the records lie in, however few pairs are held at once."""
    names = ("a", "b", "changed", "source_index")
    types = (pa.int64(), pa.int64(), pa.bool_(), pa.int32())
    table = pa.table({name: pa.array([person[c] for person in people], types[c]) for c, name in enumerate(names)})
    table = table.append_column("record_id", pa.array([f"{(7 * i) % 11:02}" for i in range(len(people))]))
    within, between = owned
    plan = kernel_changes.ChangePlan(KeyPlan((("a",), ("b",)), {}), (), within, between, "", {}, "1GB")
    sent = table.filter(table.column("changed"))
    made = []
    with pytest.MonkeyPatch.context() as patch, connection("1GB") as con:
        patch.setattr(kernel_changes, "_PAIRS", at_once)
        for blob in (table.slice(0, cut), table.slice(cut)):
            ids = pa.concat_tables([blob, sent]).column("record_id").to_pylist()
            for pairs in kernel_changes._pairs(con, plan, blob, sent):
                made += [(ids[p["row_l"]], ids[p["row_r"]], p["rule"]) for p in pairs.to_pylist()]
    rows = sorted(table.to_pylist(), key=lambda row: row["record_id"])
    expected = []
    for i, left in enumerate(rows):
        for right in rows[i + 1 :]:
            rules = [rule for rule, key in enumerate("ab") if left[key] is not None and left[key] == right[key]]
            is_owned = within if left["source_index"] == right["source_index"] else between
            if rules and is_owned and (left["changed"] or right["changed"]):
                expected.append((left["record_id"], right["record_id"], rules[0]))
    assert sorted(made) == expected


RECORD = "record_id string, source string, record_version string, link_status string, linkability string"
CLUSTER = "record_id string, threshold string, cluster_id string, best_match_weight double, weakest_link_weight double"


def test_a_record_is_changed_where_it_is_new_gone_of_another_version_or_status(spark: SparkSession) -> None:
    then = spark.createDataFrame([(r, "prison", "1", "linkable", "sufficient") for r in "abcd"], RECORD)
    now = [("a", "1", "linkable"), ("b", "2", "linkable"), ("c", "1", "deleted"), ("e", "1", "linkable")]
    now = spark.createDataFrame([(r, "prison", version, status, "sufficient") for r, version, status in now], RECORD)
    assert changed_records(now, then).count() == len("bcde")


def test_a_weak_edge_matters_where_its_records_are_unchanged_and_it_is_not(spark: SparkSession) -> None:
    record = "record_id string, record_version string, link_status string"
    records = [spark.createDataFrame([(i, v if i == "a" else "1", "linkable") for i in "abcdef"], record) for v in "21"]

    def edges(*weights: float, stage: str = "s") -> DataFrame:
        pairs = [("a", "b", "s"), ("a", "c", "s"), ("d", "e", stage), ("e", "f", "s")]
        rows = [(*pair, weight) for pair, weight in zip(pairs, weights, strict=True)]
        return spark.createDataFrame(rows, "record_id_l string, record_id_r string, stage string, match_weight double")

    def found(now: DataFrame, then: DataFrame, low: float) -> set[str]:
        nodes = changed_nodes((now, then), (records[0], records[1]), [], {"s": low, "t": low + 5.0})
        of = spark.createDataFrame([(i,) for i in "abcdef"], "record_id string")
        return {row.record_id for row in among(of, nodes).collect()}

    before = edges(5.0, -3.0, 6.0, -1.0)
    assert found(edges(4.0, -3.0, 6.0, -1.0), before, 2.0) == {"a", "b"}
    assert found(edges(5.0, -2.0, 6.0, -1.0), before, 2.0) == {"a"}  # c is looked at if it is with a, whom a change brings to mind
    assert found(edges(5.0, 3.0, 6.0, -1.0), before, 2.0) == {"a", "c"}
    assert found(edges(5.0, -3.0, 6.0, -2.0), before, 2.0) == {"a", "e", "f"}
    assert found(edges(5.0, -2.0, 6.0, -2.0), before, 2.0) == {"a", "c", "e", "f"}  # where some matter, all are looked at
    assert found(edges(5.0, -3.0, 1.0, -1.0), before, 2.0) == {"a", "d", "e"}
    assert found(edges(5.0, -3.0, 6.0, -1.0, stage="t"), before, 2.0) == {"a", "d", "e"}  # there it is a weak one
    assert found(edges(5.0, -3.0, 8.0, -1.0, stage="t"), edges(5.0, -3.0, 8.0, -1.0), 2.0) == {"a", "d", "e"}


def test_an_unchanged_record_is_named_afresh_where_its_cluster_or_person_holds_one_that_moved(spark: SparkSession) -> None:
    """c leaves ab for d; e and f stay together; of g only which of two weights is missing is otherwise."""
    records = spark.createDataFrame([(r, "prison", "1", "linkable", "sufficient") for r in "abcdefgh"], RECORD)

    def clusters(named: dict[str, str], best: float | None, weakest: float | None):
        rows = [
            (r, t, cluster, *((best, weakest) if r == "g" else (1.0, 1.0)))
            for r, cluster in named.items()
            for t in ("high", "medium", "low")
        ]
        return spark.createDataFrame(rows, CLUSTER)

    then = dict(zip("abcdefgh", "aaadeegh", strict=True))
    moved = moved_records((clusters(then | {"c": "c", "d": "c"}, 2.0, None), clusters(then, None, 2.0)), (records, records))
    previous = spark.createDataFrame([(r, f"person of {cluster}") for r, cluster in then.items()], "record_id string, person_id_low string")
    assert moved.count() == len("cdg")
    afresh = with_their_persons(moved, 3, clusters(then | {"c": "c", "d": "c"}, 2.0, None), previous)
    assert afresh.count() == len("abcdg")

"""Large blocks: refined, split or dropped, every pair is either scored once or recorded; tasks get even shares."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from docketlink.config.model import BlockingRule, ModelConfig
from docketlink.config.settings import Linkage, Stage
from docketlink.errors import GateError
from docketlink.linkage import kernel_counts
from docketlink.linkage.blocking import Blocks, block_plan, blocks_of, key_plan, require_budget
from docketlink.linkage.families import Families, candidates, choose
from docketlink.linkage.kernel_blobs import tables
from docketlink.linkage.kernel_blocks import CHANGED, COUNTS, RECORDS, SIZES, pack
from docketlink.linkage.kernel_counts import count, judge, pack_counted
from docketlink.linkage.placement import Placement, labels, place
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.linkage.parity import Edges, by_kernels
from tests.linkage.test_engine import MODEL
from tests.linkage.test_kernels import CONSTANT

Pair = tuple[str, str]


@dataclass(frozen=True)
class Linked:
    """What the kernels made of some people."""

    edges: Edges
    blocks: Blocks
    placement: Placement


def model_of(*rules: BlockingRule | tuple[str, ...]) -> ModelConfig:
    return MODEL.model_copy(update={"blocking": rules})


def link(
    people: pa.Table, model: ModelConfig, *, link_type: str = "link_and_dedupe", families: Families | None = None, **told: Any
) -> Linked:
    settings = Linkage(duckdb_memory="200MB").model_copy(update={"shards": 3, **told})
    families = choose(model.blocking_parts, {}) if families is None else families
    plan = block_plan(families, model, Stage(name="s", sources=("a", "b"), link_type=link_type, model="m"), settings, 2)
    packed = list(pack(people.rename_columns({"unique_id": "record_id"}).to_batches(max_chunksize=31), (), "200MB"))
    counted = list(count(packed, plan))
    parts = [[blob for blob in counted if blob.column("part")[0].as_py() == part] for part in range(2)]
    found = [row for blobs in parts for batch in judge(blobs, plan) for row in batch.to_pylist()]
    blocks = blocks_of(found, families)
    placement = place(blocks, families, settings, 2, record_bytes=100.0)
    edges = by_kernels(
        people, model.blocking_parts, CONSTANT, {}, -1.0, shards=placement.shards, families=families,
        within=link_type != "link", between=link_type != "dedupe",
        keys=key_plan(blocks.counts, model), hot=placement.hot, split=placement.split, placed=placement.placed,
    )  # fmt: skip
    return Linked(edges, blocks, placement)


def crowd(seed: int, size: int = 150) -> pa.Table:
    draw = random.Random(seed)
    values = {c: [draw.choice(["x", "x", "x", "y", "z", "", None]) for _ in range(size)] for c in "abcd"}
    source = pa.array([draw.randrange(2) for _ in range(size)], pa.int32())
    return pa.table({"unique_id": [f"P{i:04d}" for i in range(size)], **values, "source_index": source})


def owned_pairs(people: pa.Table, parts: Sequence[str], link_type: str) -> set[Pair]:
    pairs = set()
    for left, right in combinations(people.to_pylist(), 2):
        alike = left["source_index"] == right["source_index"]
        owned = link_type == "link_and_dedupe" or alike == (link_type == "dedupe")
        if owned and all(left[p] is not None and left[p] == right[p] for p in parts):
            pairs.add((left["unique_id"], right["unique_id"]))
    return pairs


RULES = (
    BlockingRule(on=("a", "b"), refine=("d",)),
    BlockingRule(on=("b",), refine=("c", "d"), split=True),
    ("a", "c"),
    BlockingRule(on=("c",), split=True),
)


@pytest.mark.parametrize("link_type", ["dedupe", "link", "link_and_dedupe"])
@pytest.mark.parametrize("seed", range(4))
def test_scored_pairs_and_recorded_pairs_together_are_all_pairs_whatever_becomes_of_a_block(seed: int, link_type: str) -> None:
    people = crowd(seed)
    found = link(people, model_of(*RULES), link_type=link_type, max_block=10, max_split=60)
    counts = found.blocks.counts
    assert any(c.refined_keys for c in counts)
    assert any(c.split_records for c in counts)
    assert any(c.not_compared for c in counts)
    compared: set[Pair] = set()
    everything: set[Pair] = set()
    for rule, counted in zip(model_of(*RULES).blocking_rules, counts, strict=True):
        pairs = owned_pairs(people, rule.on, link_type)
        everything |= pairs
        assert counted.pairs == len(pairs)
        assert counted.pairs - counted.compared_pairs == sum(block.pairs for block in counted.not_compared)
        within = compared_pairs(people, rule, pairs, max_block=10, max_split=60)
        assert counted.compared_pairs == len(within)
        compared |= within
    assert set(found.edges) == compared
    assert compared < everything


def compared_pairs(people: pa.Table, rule: BlockingRule, pairs: set[Pair], *, max_block: int, max_split: int) -> set[Pair]:
    """The pairs of a rule that its blocks leave over, told anew without any hash."""
    person = {row["unique_id"]: row for row in people.to_pylist()}

    def key(name: str, parts: Sequence[str]) -> tuple | None:
        values = tuple(person[name][p] for p in parts)
        return None if None in values else values

    finer = (*rule.on, *rule.refine)
    whole, parts = (Counter(key(name, block) for name in person) for block in (rule.on, finer))

    def is_compared(left: str, right: str) -> bool:
        size = whole[key(left, rule.on)]
        if size > max_block and rule.refine:
            if key(left, finer) is None or key(left, finer) != key(right, finer):
                return False
            size = parts[key(left, finer)]
        return size <= max_block or (rule.split and size <= max_split)

    return {pair for pair in pairs if is_compared(*pair)}


def test_packed_and_counted_at_once_is_packed_then_counted() -> None:
    people = crowd(7).rename_columns({"unique_id": "record_id"})
    people = people.append_column("changed", pa.array([i % 7 == 0 for i in range(people.num_rows)]))
    stage = Stage(name="s", sources=("a", "b"), link_type="link", model="m")
    alone = choose([("a",), ("b",)], None)
    assert alone == Families((), (None, None))
    plan = block_plan(alone, model_of(("a",), ("b",)), stage, Linkage(duckdb_memory="200MB"), 3)
    batches = people.to_batches(max_chunksize=31)
    found = [*tables(pack_counted(batches, plan))]
    packed = [*pack(batches, (), "200MB")]
    assert [table for part, table in found if part in (RECORDS, SIZES)] == [table for _, table in tables(packed)]
    assert [table for part, table in found if part == CHANGED] == [people.filter(people.column("changed"))]
    counted = [(part - COUNTS, table) for part, table in found if part >= COUNTS]
    assert counted == [*tables(count(packed, plan))]
    assert len(counted) == 3


def test_the_blocks_told_one_by_one_are_those_with_most_pairs_by_key_where_they_have_as_many() -> None:
    draw = random.Random(3)
    for size in (0, 5, 512, 3000):
        blocks = [(draw.randrange(4), key) for key in draw.sample(range(10**9), size)]
        pairs, keys = (np.array([block[i] for block in blocks], dtype=np.int64) for i in (0, 1))
        told = [blocks[i] for i in kernel_counts._most(pairs, keys)]
        assert told == sorted(blocks, key=lambda block: (-block[0], block[1]))[:512]


@pytest.mark.parametrize("seed", range(3))
def test_a_split_block_loses_no_pair(seed: int) -> None:
    people = crowd(seed)
    split = link(people, model_of(BlockingRule(on=("a",), split=True), ("b",)), max_block=12, max_split=1000)
    assert len(split.blocks.counts[0].split_records) > 0
    assert not split.blocks.counts[0].not_compared
    whole = link(people, model_of(("a",), ("b",)), max_block=1000)
    assert {p: r for p, (r, _) in split.edges.items() if r == 0} == {p: r for p, (r, _) in whole.edges.items() if r == 0}


def test_rules_that_share_copies_and_rules_that_do_not_find_the_same_edges() -> None:
    people, rules = crowd(5), (("a", "b"), ("b",), ("a", "c"), ("substr(c, 1, 1)", "d"), ("c",))
    shared = choose(rules, {})
    assert len(shared.expressions) == 2
    alone = Families((), (None,) * len(rules))
    every = [link(people, model_of(*rules), families=f, shards=s, max_block=70).edges for f in (shared, alone) for s in (1, 2, 7)]
    assert all(edges == every[0] for edges in every)
    assert len(every[0]) > 1000


def test_a_group_too_large_for_one_task_travels_by_the_keys_of_its_rules() -> None:
    people, rules = crowd(6, 300), (("a", "b", "c"), ("a", "b", "d"), ("a", "c", "d"))
    families = Families(("a",), (0, 0, 0))
    spread = link(people, model_of(*rules), families=families, shards=8)
    assert spread.placement.hot[0]
    assert spread.edges == link(people, model_of(*rules), families=families, shards=1).edges


def test_where_many_share_one_value_no_task_has_far_more_pairs_than_another() -> None:
    draw = random.Random(3)
    size = 3000
    crowded = [draw.random() < 0.3 for _ in range(size)]
    values = {
        "a": ["hot" if hot else f"a{draw.randrange(300)}" for hot in crowded],
        "b": ["hot" if hot else f"b{draw.randrange(300)}" for hot in crowded],
        "c": [f"c{int(60 * draw.random() ** 2)}" for _ in range(size)],
        "d": [f"d{draw.randrange(40)}" for _ in range(size)],
    }
    people = pa.table({"unique_id": [f"P{i:04d}" for i in range(size)], **values, "source_index": pa.array([0] * size, pa.int32())})
    rules = (BlockingRule(on=("a", "c")), BlockingRule(on=("a", "b"), refine=("d",)), BlockingRule(on=("b", "c"), split=True), ("a", "d"))
    found = link(people, model_of(*rules), max_block=40, shards=6, max_split=200)
    recorded = sum(c.pairs - c.compared_pairs for c in found.blocks.counts)
    assert recorded > 0
    load = Counter(found.placement.placed[f][k] for f in found.placement.placed for k in found.placement.placed[f])
    assert set(load) == set(range(6))


def test_wide_records_are_sent_to_more_tasks_so_that_none_gets_more_than_an_arrow_array_holds() -> None:
    people, rules = crowd(8), (("a", "b"), ("b", "c"))
    blocks, families = link(people, model_of(*rules)).blocks, choose(rules, {})
    copies = sum(blocks.family_copies)
    for record_bytes in (100.0, 10e6, 50e6):
        shards = place(blocks, families, Linkage(), 1, record_bytes).shards
        assert copies * record_bytes / shards <= 500_000_000
    assert place(blocks, families, Linkage(), 1, 100.0).shards == 1


def test_pairs_are_found_by_keys_first_only_where_no_rule_makes_many() -> None:
    few, many = (link(crowd(9, size), model_of(("a", "b", "c", "d"))).placement.few for size in (40, 4000))
    assert few
    assert not many


def test_expressions_that_many_records_share_are_not_travelled_by() -> None:
    rules = (("sex", "dob"), ("sex", "surname"), ("dob",))
    assert candidates(rules) == ("dob", "sex")
    assert choose(rules, {"sex": 0.5, "dob": 0.01}) == Families(("dob",), (0, None, 0))
    assert choose((("dob",), ("substr(dob, 1, 4)", "surname")), {}).expressions == ("substr(dob, 1, 4)",)


def test_a_refusal_names_the_rule_and_its_largest_keys_but_no_value() -> None:
    people = crowd(7)
    found = link(people, model_of(("a", "b"), ("c",)))
    stage = Stage(name="s", sources=("a", "b"), model="m")
    with pytest.raises(GateError, match=r"rule 1 \[c\] [\d,]+ \(largest keys, hashed: [0-9a-f]{16} \d+ records"):
        require_budget(found.blocks.counts, model_of(("a", "b"), ("c",)), stage, Linkage(max_pairs=10))


def test_spark_sends_each_label_to_its_own_task(spark: SparkSession) -> None:
    for shards in (1, 2, 7, 40):
        rows = spark.createDataFrame([(label,) for label in labels(shards)], "label int")
        assert [r[0] for r in rows.select(F.pmod(F.hash("label"), F.lit(shards))).collect()] == list(range(shards))


def test_packed_records_come_out_as_they_went_in() -> None:
    people = crowd(8)
    blobs = list(pack(people.to_batches(max_chunksize=40), ("a",), "200MB"))
    (records,) = [table for part, table in tables(blobs) if part == 0]
    (sizes,) = [table for part, table in tables(blobs) if part == 1]
    assert records.to_pylist() == people.to_pylist()
    values = [v for v in people.column("a").to_pylist() if v is not None]
    assert sizes.to_pylist() == [
        {"part": -1, "largest": 0, "total": people.num_rows},
        {"part": 0, "largest": Counter(values).most_common(1)[0][1], "total": len(values)},
    ]

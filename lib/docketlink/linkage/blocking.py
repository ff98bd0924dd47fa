"""Blocks counted before any pair is made: what each rule costs, what becomes of large blocks, whether the stage fits its budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StructField, StructType

from docketlink.config.model import ModelConfig
from docketlink.config.settings import Linkage, Stage
from docketlink.contracts.links import BLOCK_SUMMARY
from docketlink.errors import GateError
from docketlink.linkage import kernel_blobs, kernel_blocks, kernel_counts
from docketlink.linkage.exchange import usual_tasks
from docketlink.linkage.families import Families, candidates, choose
from docketlink.linkage.kernel_blocks import COUNTS, RECORDS, SIZES
from docketlink.linkage.kernel_counts import BLOCK, DROP, GROUP, LARGE, LISTED, REFINE, SPLIT, SUB_BLOCK, SUMMARY
from docketlink.linkage.kernels import KeyPlan, block_keys

_NAMED = 3  # rules and keys that a refusal names


@dataclass(frozen=True)
class Block:
    """A block by its key, which is a hash: its records and pairs. ``group`` is what it travels by, where that is not the key."""

    key: int
    records: int
    pairs: int
    group: int | None = None


@dataclass(frozen=True)
class RuleCount:
    """What one blocking rule makes of a stage's records; pairs are those that the stage owns.

    ``not_compared`` are blocks of which some pairs are not compared, with the number of those pairs. ``dropped_keys`` are the keys
    of blocks or parts of blocks that are not compared, ``refined_keys`` of blocks that are cut up, ``split_records`` the records of
    those that are compared in a grid. ``largest`` are the blocks with most pairs to compare.
    """

    records: int = 0
    blocks: int = 0
    pairs: int = 0
    compared_pairs: int = 0
    largest_block: int = 0
    not_compared: tuple[Block, ...] = ()
    dropped_keys: tuple[int, ...] = ()
    refined_keys: tuple[int, ...] = ()
    split_records: tuple[tuple[int, int], ...] = ()
    largest: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Group:
    """Records that travel together, with the pairs of all their rules."""

    family: int
    key: int
    records: int
    pairs: int


@dataclass(frozen=True)
class Packed:
    """The records of a stage as blobs, kept until ``release``, how their rules share copies, and the bytes of a record.

    ``blobs`` are how many hold records, ``most_blobs`` how many about one task has at most; ``is_counted`` says that the counts of their
    keys, and the records that changed, lie beside them.
    """

    frame: DataFrame
    families: Families
    record_bytes: float
    held: DataFrame
    blobs: int
    most_blobs: int
    is_counted: bool = False

    def release(self) -> None:
        """Let go of what was kept; a frame made of it is computed anew from then on."""
        self.held.unpersist()


@dataclass(frozen=True)
class Blocks:
    """Counts of a stage: by rule in the model's order, the largest groups, and the copies that each family ships."""

    counts: tuple[RuleCount, ...]
    groups: tuple[Group, ...]
    family_copies: tuple[int, ...]


def with_keys(inputs: DataFrame, plan: KeyPlan, memory: str) -> DataFrame:
    """``inputs`` with ``key_0, key_1, …``, the record's key under each rule or NULL; computed by DuckDB, as in training."""
    keys = [StructField(f"key_{i}", LongType()) for i in range(len(plan.rules))]
    schema = StructType([*inputs.schema.fields, *keys])
    return inputs.mapInArrow(partial(block_keys, plan=plan, kept=inputs.columns, memory=memory), schema)


def pack(inputs: DataFrame, model: ModelConfig, settings: Linkage) -> Packed:
    """``inputs`` packed and kept on executors; one action."""
    parts = candidates(model.blocking_parts)
    frame = inputs.mapInArrow(partial(kernel_blocks.pack, parts=parts, memory=settings.duckdb_memory), kernel_blobs.SCHEMA).persist()
    tasks = _tasks_of(frame)
    common = {part: tasks.summed("largest", i) / max(1, tasks.summed("total", i)) for i, part in enumerate(parts)}
    return _packed(frame, tasks, choose(model.blocking_parts, common))


def pack_counted(inputs: DataFrame, model: ModelConfig, stage: Stage, settings: Linkage) -> Packed:
    """``inputs``, of which a boolean ``changed`` marks some, packed and counted at once; no rules share copies. One action."""
    nobody = choose(model.blocking_parts, None)
    plan = block_plan(nobody, model, stage, settings, usual_tasks(inputs.sparkSession))
    frame = inputs.mapInArrow(partial(kernel_counts.pack_counted, plan=plan), kernel_blobs.SCHEMA).persist()
    return replace(_packed(frame, _tasks_of(frame), nobody), is_counted=True)


@dataclass(frozen=True)
class _Tasks:
    """What the tasks that packed have told: bytes and blobs of records of each, and the sizes that ``kernel_blocks`` gives."""

    bytes: tuple[int, ...]
    blobs: tuple[int, ...]
    sizes: tuple[Mapping[str, int], ...]

    def summed(self, column: str, part: int) -> int:
        return sum(size[column] for size in self.sizes if size["part"] == part)


def _tasks_of(frame: DataFrame) -> _Tasks:
    kept = F.when(F.col("part") < COUNTS, F.length("blob"))  # counts are handed to no task that holds records
    found = (
        frame.select(
            "part", F.spark_partition_id().alias("task"), kept.alias("bytes"), F.when(F.col("part") == SIZES, F.col("blob")).alias("sizes")
        )
        .groupBy("task")
        .agg(F.sum("bytes").alias("bytes"), F.count_if(F.col("part") == RECORDS).alias("blobs"), F.collect_list("sizes").alias("sizes"))
        .collect()  # a row a task
    )
    sizes = tuple(size for row in found for blob in row.sizes for size in pa.ipc.open_stream(blob).read_all().to_pylist())
    return _Tasks(tuple(row.bytes for row in found), tuple(row.blobs for row in found), sizes)


def _packed(frame: DataFrame, tasks: _Tasks, families: Families) -> Packed:
    record_bytes = sum(tasks.bytes) / max(1, tasks.summed("total", -1))
    packed = Packed(frame, families, record_bytes, frame, sum(tasks.blobs), max(tasks.blobs, default=0))
    if max(tasks.bytes, default=0) <= kernel_blobs.TASK_BYTES:
        return packed
    number = -(-8 * sum(tasks.bytes) // kernel_blobs.TASK_BYTES)  # a few blobs each, whichever way chance deals them out
    return replace(packed, frame=frame.repartition(number, "blob"), most_blobs=min(packed.blobs, 4 * -(-packed.blobs // number)))


def count_blocks(inputs: DataFrame, model: ModelConfig, stage: Stage, settings: Linkage) -> list[RuleCount]:
    """The count of every rule, in the model's order; ``inputs`` has ``source_index`` and the model's columns. Two actions."""
    packed = pack(inputs, model, settings)
    try:
        return list(count_packed(packed, model, stage, settings).counts)
    finally:
        packed.release()


def count_packed(packed: Packed, model: ModelConfig, stage: Stage, settings: Linkage) -> Blocks:
    """What the blocks of the packed records hold and what becomes of them; one action.

    Raises GateError when more blocks are too large than can be told to every task.
    """
    reducers = usual_tasks(packed.frame.sparkSession)
    plan = block_plan(packed.families, model, stage, settings, reducers)
    if packed.is_counted:
        counted = packed.frame.where(F.col("part") >= COUNTS)
    else:
        counted = packed.frame.where(F.col("part") == RECORDS).mapInArrow(partial(kernel_counts.count, plan=plan), kernel_blobs.SCHEMA)
    judged = counted.repartition(reducers, "part").mapInArrow(partial(kernel_counts.judge, plan=plan), kernel_counts.FINDING)
    blocks = blocks_of(judged.toArrow().to_pylist(), packed.families)  # summaries, and blocks that are few by definition
    for rule, count in zip(model.blocking_parts, blocks.counts, strict=True):
        if max(map(len, (count.not_compared, count.dropped_keys, count.refined_keys))) > LISTED:
            raise GateError(
                f"stage {stage.name}: blocking rule [{', '.join(rule)}] has more than {LISTED:,} blocks above linkage.max_block.",
                next_step="add a part to the rule, or raise linkage.max_block.",
            )
    return blocks


def block_plan(families: Families, model: ModelConfig, stage: Stage, settings: Linkage, reducers: int) -> kernel_counts.BlockPlan:
    """How the blocks of a stage are counted and judged."""
    return kernel_counts.BlockPlan(
        keys=KeyPlan(model.blocking_parts, {}, tuple(rule.refine for rule in model.blocking_rules)),
        families=families.expressions,
        family_of=families.family_of,
        split=tuple(rule.split for rule in model.blocking_rules),
        max_block=settings.max_block,
        max_split=settings.max_split,
        within=stage.link_type != "link",
        between=stage.link_type != "dedupe",
        reducers=reducers,
        memory=settings.duckdb_memory,
    )


def blocks_of(found: Sequence[Mapping[str, int]], families: Families) -> Blocks:
    """What all findings together say."""
    group = [row for row in found if row["kind"] == GROUP]
    groups = (Group(row["rule"], row["key"], row["records"], row["pairs"]) for row in group if row["rule"] >= 0)
    return Blocks(
        tuple(_rule_count([row for row in found if row["rule"] == i and row["kind"] != GROUP]) for i in range(len(families.family_of))),
        tuple(sorted(groups, key=_most_pairs_first)),
        tuple(sum(row["records"] for row in group if row["rule"] == -1 - f) for f in range(len(families.expressions))),
    )


def _most_pairs_first(block: Block | Group) -> tuple[int, int]:
    return -block.pairs, block.key


def _rule_count(found: Sequence[Mapping[str, int]]) -> RuleCount:
    summary = [row for row in found if row["kind"] == SUMMARY]
    block = sorted((row for row in found if row["kind"] == BLOCK), key=lambda row: row["key"])
    parts = sorted((row for row in found if row["kind"] in (BLOCK, SUB_BLOCK)), key=lambda row: row["key"])
    large = (Block(r["key"], r["records"], r["compared"], r["largest"] if r["largest"] >= 0 else None) for r in found if r["kind"] == LARGE)
    return RuleCount(
        records=sum(row["records"] for row in summary),
        blocks=sum(row["blocks"] for row in summary),
        pairs=sum(row["pairs"] for row in summary),
        compared_pairs=sum(row["compared"] for row in summary),
        largest_block=max((row["largest"] for row in summary), default=0),
        not_compared=tuple(Block(r["key"], r["records"], r["pairs"] - r["compared"]) for r in block if r["compared"] < r["pairs"]),
        dropped_keys=tuple(r["key"] for r in parts if r["action"] == DROP),
        refined_keys=tuple(r["key"] for r in block if r["action"] == REFINE),
        split_records=tuple((r["key"], r["records"]) for r in parts if r["action"] == SPLIT),
        largest=tuple(sorted(large, key=_most_pairs_first)),
    )


def require_budget(counts: Sequence[RuleCount], model: ModelConfig, stage: Stage, settings: Linkage) -> None:
    """Raise GateError naming the costliest rules and their largest keys when the stage would exceed ``linkage.max_pairs``."""
    if (total := sum(count.compared_pairs for count in counts)) > settings.max_pairs:
        worst = sorted(range(len(counts)), key=lambda i: (-counts[i].compared_pairs, i))[:_NAMED]
        named = "; ".join(
            f"rule {i} [{', '.join(model.blocking_parts[i])}] {counts[i].compared_pairs:,}{_hottest(counts[i])}" for i in worst
        )
        raise GateError(
            f"stage {stage.name} would compare {total:,} pairs, more than linkage.max_pairs ({settings.max_pairs:,}): {named}.",
            next_step="narrow these rules in conf/models, lower linkage.max_block, or raise linkage.max_pairs.",
        )


def _hottest(count: RuleCount) -> str:
    keys = ", ".join(f"{block.key:016x} {block.records:,} records" for block in count.largest[:_NAMED])
    return f" (largest keys, hashed: {keys})" if keys else ""


def key_plan(counts: Sequence[RuleCount], model: ModelConfig) -> KeyPlan:
    """How the keys of a stage are made, now that its large blocks are known."""
    return KeyPlan(
        model.blocking_parts,
        dropped(counts),
        tuple(rule.refine for rule in model.blocking_rules),
        {i: count.refined_keys for i, count in enumerate(counts) if count.refined_keys},
    )


def dropped(counts: Sequence[RuleCount]) -> Mapping[int, tuple[int, ...]]:
    """Keys of the blocks, or parts of them, that are not compared, by rule."""
    return {i: count.dropped_keys for i, count in enumerate(counts) if count.dropped_keys}


def treated_keys(count: RuleCount) -> list[str]:
    """Keys that are refined or not compared: what a pair of unchanged records depends on beside the two."""
    return sorted([f"refined {key:016x}" for key in count.refined_keys] + [f"dropped {key:016x}" for key in count.dropped_keys])


def treats_alike(counts: Sequence[RuleCount], before: DataFrame) -> bool:
    """Whether large blocks are treated as in ``before``, rows of BLOCK_SUMMARY of one stage."""
    was = {row.rule: list(row.treated_key_arr) for row in before.select("rule", "treated_key_arr").collect()}  # a row a rule
    return was == {i: treated_keys(count) for i, count in enumerate(counts)}


def block_summary(spark: SparkSession, counts: Sequence[RuleCount], model: ModelConfig, stage: Stage) -> DataFrame:
    """Rows of ``identity.block_summary``: one a rule."""
    rows = [
        (
            stage.name,
            i,
            ", ".join(rule),
            c.records,
            c.blocks,
            c.pairs,
            c.largest_block,
            len(c.refined_keys),
            len(c.split_records),
            len(c.not_compared),
            sum(block.pairs for block in c.not_compared),
            [(f"{block.key:016x}", block.records, block.pairs) for block in c.not_compared],
            treated_keys(c),
        )
        for i, (rule, c) in enumerate(zip(model.blocking_parts, counts, strict=True))
    ]
    return BLOCK_SUMMARY.conform(spark.createDataFrame(rows, BLOCK_SUMMARY.schema))

"""Block keys, counted before any pair is made: what each rule costs, which blocks are too large, whether the stage fits its budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StructField, StructType

from docketlink.config.model import ModelConfig
from docketlink.config.settings import Linkage, Stage
from docketlink.contracts.tables import BLOCK_SUMMARY
from docketlink.errors import GateError
from docketlink.linkage.compiler import expression_columns
from docketlink.linkage.kernels import KeyPlan, block_keys

_DROPPED_LIMIT = 100_000  # dropped blocks whose keys travel to every task; more than that is a rule gone wrong


@dataclass(frozen=True)
class RuleCount:
    """What one blocking rule makes of a stage's records; ``dropped_keys`` are the keys of blocks that are not compared."""

    records: int
    blocks: int
    pairs: int
    largest_block: int
    dropped_blocks: int
    dropped_pairs: int
    dropped_keys: Sequence[int]


def with_keys(inputs: DataFrame, plan: KeyPlan, memory: str) -> DataFrame:
    """``inputs`` with ``key_0, key_1, …``, the record's key under each rule or NULL; computed by DuckDB, as in training."""
    keys = [StructField(f"key_{i}", LongType()) for i in range(len(plan.rules))]
    schema = StructType([*inputs.schema.fields, *keys])
    return inputs.mapInArrow(partial(block_keys, plan=plan, kept=inputs.columns, memory=memory), schema)


def exploded(keyed: DataFrame, rule_count: int, *columns: str) -> DataFrame:
    """One row a record and rule under which it has a key: ``rule int, key long`` and ``columns``."""
    both = [F.struct(F.lit(i).alias("rule"), F.col(f"key_{i}").alias("key")) for i in range(rule_count)]
    rows = keyed.select(F.explode(F.array(*both)).alias("block"), *columns).where("block.key IS NOT NULL")
    return rows.select(F.col("block.rule").alias("rule"), F.col("block.key").alias("key"), *columns)


def count_blocks(inputs: DataFrame, model: ModelConfig, stage: Stage, settings: Linkage) -> list[RuleCount]:
    """The count of every rule, in the model's order; ``inputs`` has ``source_index`` and the model's columns. One action.

    Raises GateError when there are more blocks to drop than can be sent to every task.
    """
    read = sorted(frozenset().union(*(expression_columns(rule, f"blocking rule {i}") for i, rule in enumerate(model.blocking))))
    keyed = with_keys(inputs.select("source_index", *read), KeyPlan(model.blocking, {}), settings.duckdb_memory)
    by_source = exploded(keyed, len(model.blocking), "source_index").groupBy("rule", "key", "source_index").count()
    n, within = F.sum("count"), F.sum(_pairs_of(F.col("count")))
    block = by_source.groupBy("rule", "key").agg(n.alias("n"), _owned_pairs(stage, n, within).alias("pairs"))
    is_dropped = (F.col("n") > settings.max_block) & (F.col("pairs") > 0)
    rows = (
        block.groupBy("rule")
        .agg(
            F.sum("n").alias("records"),
            F.count_if(F.col("n") > 1).alias("blocks"),
            F.sum("pairs").alias("pairs"),
            F.max("n").alias("largest_block"),
            F.count_if(is_dropped).alias("dropped_blocks"),
            F.coalesce(F.sum(F.when(is_dropped, F.col("pairs"))), F.lit(0)).alias("dropped_pairs"),
            F.sort_array(F.slice(F.collect_list(F.when(is_dropped, F.col("key"))), 1, _DROPPED_LIMIT)).alias("dropped_keys"),
        )
        .collect()
    )
    found = {row["rule"]: RuleCount(**{name: row[name] for name in RuleCount.__dataclass_fields__}) for row in rows}
    counts = [found.get(i, RuleCount(0, 0, 0, 0, 0, 0, ())) for i in range(len(model.blocking))]
    for rule, count in zip(model.blocking, counts, strict=True):
        if count.dropped_blocks > len(count.dropped_keys):
            raise GateError(
                f"stage {stage.name}: blocking rule [{', '.join(rule)}] has {count.dropped_blocks:,} blocks above linkage.max_block.",
                next_step="add a part to the rule, or raise linkage.max_block.",
            )
    return counts


def require_budget(counts: Sequence[RuleCount], model: ModelConfig, stage: Stage, settings: Linkage) -> None:
    """Raise GateError naming the costliest rules when the stage would compare more pairs than ``linkage.max_pairs``."""
    compared = [count.pairs - count.dropped_pairs for count in counts]
    if (total := sum(compared)) > settings.max_pairs:
        worst = sorted(range(len(compared)), key=lambda i: (-compared[i], i))[:3]
        named = "; ".join(f"rule {i} [{', '.join(model.blocking[i])}] {compared[i]:,}" for i in worst)
        raise GateError(
            f"stage {stage.name} would compare {total:,} pairs, more than linkage.max_pairs ({settings.max_pairs:,}): {named}.",
            next_step="narrow these rules in conf/models, lower linkage.max_block, or raise linkage.max_pairs.",
        )


def dropped(counts: Sequence[RuleCount]) -> Mapping[int, tuple[int, ...]]:
    """Keys of the blocks that are not compared, by rule."""
    return {i: tuple(count.dropped_keys) for i, count in enumerate(counts) if count.dropped_keys}


def block_summary(spark: SparkSession, counts: Sequence[RuleCount], model: ModelConfig, stage: Stage) -> DataFrame:
    """Rows of ``identity.block_summary``: one a rule."""
    rows = [
        (stage.name, i, ", ".join(rule), c.records, c.blocks, c.pairs, c.largest_block, c.dropped_blocks, c.dropped_pairs)
        for i, (rule, c) in enumerate(zip(model.blocking, counts, strict=True))
    ]
    return BLOCK_SUMMARY.conform(spark.createDataFrame(rows, BLOCK_SUMMARY.schema))


def _pairs_of(n: Column) -> Column:
    # n(n-1) is even and, below 3e9 records, no more than a long holds; a double would round it
    return F.shiftright(n * (n - 1), 1)


def _owned_pairs(stage: Stage, n: Column, within: Column) -> Column:
    """Pairs of a block that the stage owns, from its size and the pairs inside single sources."""
    if stage.link_type == "dedupe":
        return within
    return _pairs_of(n) - within if stage.link_type == "link" else _pairs_of(n)

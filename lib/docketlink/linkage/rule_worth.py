"""What each blocking rule is worth, and which rules might be added: pairs, likely pairs that no other rule finds, cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.model import ModelConfig
from docketlink.config.settings import Linkage, Stage
from docketlink.linkage.artefact import LinkModel
from docketlink.linkage.blocking import RuleCount, count_blocks, dropped, with_keys
from docketlink.linkage.cascade import cascade
from docketlink.linkage.compiler import CompiledModel, compile_model
from docketlink.linkage.fused import stage_inputs
from docketlink.linkage.kernels import KeyPlan, connection

SAMPLE = 50_000  # records of the blocks that are looked at, a rule
_PAIRS_A_SECOND, _RECORDS_A_SECOND = 2_500_000, 150_000  # of one core; docs/performance.md
_PROPOSED = 40
_DRIVER_MEMORY = "1GB"


@dataclass(frozen=True)
class RuleWorth:
    """One rule: ``likely_pairs`` is estimated; ``alone`` is the share of them that no other rule of the model finds."""

    rule: tuple[str, ...]
    in_model: bool
    records: int
    pairs: int
    dropped_pairs: int
    likely_pairs: int
    alone: float
    core_seconds: float


def proposals(rules: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Pairs of the parts that the rules are made of, except what only narrows a rule that is there."""
    parts = sorted({part for rule in rules for part in rule})
    known = [set(rule) for rule in rules]
    return tuple(pair for pair in combinations(parts, 2) if not any(rule <= set(pair) for rule in known))[:_PROPOSED]


def rule_worths(
    records: DataFrame,
    definition: ModelConfig,
    model: LinkModel,
    term_frequency: DataFrame,
    stage: Stage,
    settings: Linkage,
    more: Sequence[tuple[str, ...]],
) -> list[RuleWorth]:
    """The worth of the model's rules and of ``more``, those first that find most likely pairs alone.

    Pairs are counted exactly. Likely are those that reach the stage's medium threshold, among all pairs of a sample of each rule's
    blocks: the blocks whose hashed key divides by a number, so that the sample depends on neither order nor partitions. Two actions,
    and one for each rule that brings its sample to the driver.
    """
    model.require(definition)
    tried = definition.model_copy(update={"blocking": (*definition.blocking, *more)})
    compiled = compile_model(model.settings_json)
    inputs = stage_inputs(records, tried, compiled, term_frequency, model.model_id, stage)
    counts = count_blocks(inputs, tried, stage, settings)
    keyed = with_keys(inputs, KeyPlan(tried.blocking_parts, dropped(counts)), settings.duckdb_memory).persist()
    try:
        worths = [_worth(keyed, i, tried, len(definition.blocking), compiled, stage, count) for i, count in enumerate(counts)]
    finally:
        keyed.unpersist()
    return sorted(worths, key=lambda worth: (not worth.in_model, -worth.alone * worth.likely_pairs, worth.rule))


def _worth(keyed: DataFrame, i: int, tried: ModelConfig, own: int, compiled: CompiledModel, stage: Stage, count: RuleCount) -> RuleWorth:
    every = max(1, -(-count.records // SAMPLE))
    sample = keyed.where(F.col(f"key_{i}").isNotNull() & (F.pmod(F.xxhash64(f"key_{i}"), F.lit(every)) == 0)).toArrow()
    likely, alone = _likely(sample, i, tried.blocking_parts[i], [j for j in range(own) if j != i], compiled, stage)
    return RuleWorth(
        rule=tried.blocking_parts[i],
        in_model=i < own,
        records=count.records,
        pairs=count.pairs,
        dropped_pairs=count.pairs - count.compared_pairs,
        likely_pairs=likely * every,
        alone=alone / likely if likely else 0.0,
        core_seconds=count.compared_pairs / _PAIRS_A_SECOND + count.records / _RECORDS_A_SECOND,
    )


def _likely(sample: pa.Table, i: int, rule: Sequence[str], others: Sequence[int], compiled: CompiledModel, stage: Stage) -> tuple[int, int]:
    """Likely pairs of the sampled blocks, and how many of them no other rule finds."""
    columns = (*compiled.columns, *(f"log2_tf_{column}" for column in compiled.term_frequencies))
    both = ", ".join(f'{side}."{column}" AS "{column}_{side}"' for column in columns for side in "lr")
    owned = {"dedupe": " AND l.source_index = r.source_index", "link": " AND l.source_index <> r.source_index"}.get(stage.link_type, "")
    on = f"l.key_{i} = r.key_{i} AND l.record_id < r.record_id{owned}"
    pairs = f"(SELECT l.rowid AS row_l, r.rowid AS row_r, {both} FROM sampled l JOIN sampled r ON {on})"  # noqa: S608 - a checked model
    found = " OR ".join(f"coalesce(l.key_{j} = r.key_{j}, false)" for j in others) or "false"
    with connection(_DRIVER_MEMORY) as con:
        con.register("arrived", sample)
        con.execute(f"CREATE TABLE sampled AS SELECT * FROM arrived ORDER BY key_{i}, record_id")  # noqa: S608 - a number
        likely = cascade(compiled, rule, stage.thresholds["medium"]).replace("{pairs}", pairs)
        counted = con.sql(
            f"SELECT count(*), count_if(NOT ({found})) FROM ({likely}) p "  # noqa: S608 - a checked model
            "JOIN sampled l ON l.rowid = p.row_l JOIN sampled r ON r.rowid = p.row_r"
        ).fetchall()[0]
    return int(counted[0]), int(counted[1])

"""The fused engine, Spark's side: pack the records, count their blocks, ship each once a shard, score there."""

from dataclasses import dataclass, replace
from functools import partial, reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.model import ModelConfig
from docketlink.config.settings import Linkage, Stage
from docketlink.contracts import Revision
from docketlink.contracts.links import SCORED_EDGE
from docketlink.linkage import kernel_blobs, kernel_changes, kernel_scores, kernel_ship
from docketlink.linkage.artefact import LinkModel, Scored, Since
from docketlink.linkage.binding import require_computable
from docketlink.linkage.blocking import (
    Blocks,
    Packed,
    block_summary,
    count_packed,
    key_plan,
    pack,
    pack_counted,
    require_budget,
    treats_alike,
)
from docketlink.linkage.cascade import cascade
from docketlink.linkage.compiler import CompiledModel, compile_model
from docketlink.linkage.exchange import usual_tasks
from docketlink.linkage.inputs import check_compared, check_term_frequency_columns, model_inputs, source_index, texts_or_lists
from docketlink.linkage.kernel_blocks import CHANGED, RECORDS
from docketlink.linkage.kernels import KeyPlan
from docketlink.linkage.placement import labels, place
from docketlink.linkage.probes import trained_outputs
from docketlink.linkage.touched import node_of, parted, small

_CHUNK = 100_000  # changed records that a task is sent at once: tens of megabytes beside each of its blobs


def score(
    records: DataFrame,
    definition: ModelConfig,
    model: LinkModel,
    term_frequency: DataFrame,
    stage: Stage,
    settings: Linkage,
    since: Since | None = None,
) -> Scored:
    """Edges and block counts of one stage.

    With ``since`` only pairs with a changed record are scored, and the other edges are taken over: the same edges for less. Where large
    blocks are no longer treated as they were, pairs of unchanged records may be another's to find, so everything is scored, and a note
    says so.

    ``records`` are the linkable rows of ``identity.person_record``; those of other sources are left out. ``term_frequency`` holds
    at least the model's rows of ``identity.term_frequency``. Edges are the pairs of the stage that some rule brings together and
    whose weight reaches ``settings.floor_weight``. Blocks above ``settings.max_block`` are refined, split, or left out and recorded
    in the summary; a pair in one that is left out is still found by any other rule. The edges are lazy: packing and
    counting run here, with ``since`` also the gathering of what changed, and the packed records are kept until ``Scored.release``.

    Raises ConfigError when the definition is not the one trained, when a similarity function changed since training, or when
    the model does not fit the inputs; GateError when the pairs exceed ``settings.max_pairs``.
    """
    model.require(definition)
    compiled = compile_model(model.settings_json)
    outputs = trained_outputs(model.model_id, model.probe_json)
    require_computable(model.settings_json, model_inputs(records, definition).schema)
    inputs = stage_inputs(records, definition, compiled, term_frequency, model.model_id, stage)
    packed = (
        pack(inputs, definition, settings) if since is None else pack_counted(_with_changed(inputs, since), definition, stage, settings)
    )
    try:
        blocks = count_packed(packed, definition, stage, settings)
        require_budget(blocks.counts, definition, stage, settings)
        summary = block_summary(records.sparkSession, blocks.counts, definition, stage)
        if since is not None and not treats_alike(blocks.counts, since.block_summary):
            packed.release()
            note = "blocks above linkage.max_block are treated otherwise than they were: every pair is scored again"
            return replace(score(records, definition, model, term_frequency, stage, settings), notes=(note,))
        scores_of = _scores if since is None else _scores_of_changed
        edges = _edges(scores_of(_Work(packed, blocks, definition, compiled, stage, settings, outputs)), stage, model.model_id)
    except BaseException:
        packed.release()
        raise
    return Scored(edges if since is None else _revision(edges, since), summary, release=packed.release)


@dataclass(frozen=True)
class _Work:
    """What the scoring of a stage rests on; ``probes`` are outputs of similarity functions as they were when the model was trained."""

    packed: Packed
    blocks: Blocks
    definition: ModelConfig
    compiled: CompiledModel
    stage: Stage
    settings: Linkage
    probes: dict[str, list[str]]

    @property
    def columns(self) -> tuple[str, ...]:
        """What the model reads of a record."""
        return (*self.compiled.columns, *(f"log2_tf_{column}" for column in self.compiled.term_frequencies))

    @property
    def keys(self) -> KeyPlan:
        """The keys of a record under the rules, large blocks cut as they were judged."""
        return key_plan(self.blocks.counts, self.definition)

    @property
    def general(self) -> str:
        """One query that scores pairs of any rule."""
        return cascade(self.compiled, (), self.settings.floor_weight, kept="row_l, row_r, rule")


def _scores(work: _Work) -> DataFrame:
    packed, settings = work.packed, work.settings
    families, tasks = packed.families, usual_tasks(packed.frame.sparkSession)
    placement = place(work.blocks, families, settings, tasks, packed.record_bytes)
    ship = kernel_ship.ShipPlan(
        keys=work.keys,
        families=families.expressions,
        family_of=families.family_of,
        hot=placement.hot,
        split=placement.split,
        placed=placement.placed,
        shards=placement.shards,
        labels=labels(placement.shards),
        payload=("record_id", "source_index", *work.columns),
        memory=settings.duckdb_memory,
    )
    plan = kernel_scores.ScorePlan(
        cascades=()
        if placement.few
        else tuple(cascade(work.compiled, rule, settings.floor_weight) for rule in work.definition.blocking_parts),
        columns=work.columns,
        family_of=families.family_of,
        families=len(families.expressions),
        split=placement.split,
        within=work.stage.link_type != "link",
        between=work.stage.link_type != "dedupe",
        probes=work.probes,
        memory=settings.duckdb_memory,
        general=work.general if placement.few else None,
    )
    shipped = packed.frame.mapInArrow(partial(kernel_ship.ship, plan=ship), kernel_blobs.SCHEMA)
    # a number of partitions given by hand is one that adaptive execution leaves alone
    return shipped.repartition(placement.shards, "part").mapInArrow(partial(kernel_scores.score_shard, plan=plan), kernel_scores.EDGE)


def _with_changed(inputs: DataFrame, since: Since) -> DataFrame:
    changed = small(since.changed.withColumn("is_changed", F.lit(True)), since.records)
    marked = inputs.withColumn("record_node", node_of("record_id")).join(changed, "record_node", how="left")
    return marked.withColumn("changed", F.coalesce("is_changed", F.lit(False))).drop("is_changed", "record_node")


def _scores_of_changed(work: _Work) -> DataFrame:
    """Pairs with a changed record: every task is sent those that changed, a chunk at a time, and holds its own records against them."""
    packed = work.packed
    plan = kernel_changes.ChangePlan(
        keys=work.keys,
        columns=work.columns,
        within=work.stage.link_type != "link",
        between=work.stage.link_type != "dedupe",
        general=work.general,
        probes=work.probes,
        memory=work.settings.duckdb_memory,
    )
    record = packed.frame.where(F.col("part") == RECORDS)
    changed = packed.frame.where(F.col("part") == CHANGED).repartition(1)
    chunk = changed.mapInArrow(partial(kernel_changes.chunks, rows=_CHUNK), kernel_blobs.SCHEMA).localCheckpoint()
    sizes = {row.part: row.bytes for row in chunk.select("part", F.length("blob").alias("bytes")).collect()}  # a row a chunk
    beside = max(sizes.values(), default=0)  # a chunk stands beside every blob of a task
    if packed.most_blobs * beside > kernel_blobs.TASK_BYTES:
        record = record.repartition(-(-4 * packed.blobs * beside // kernel_blobs.TASK_BYTES))
    each = [
        record.select("blob")
        .crossJoin(F.broadcast(chunk.where(F.col("part") == number).select(F.col("blob").alias("changed_blob"))))
        .mapInArrow(partial(kernel_changes.score_changed, plan=plan), kernel_scores.EDGE)
        for number in sorted(sizes)
    ]
    return reduce(DataFrame.unionByName, each) if each else packed.frame.sparkSession.createDataFrame([], kernel_scores.EDGE)


def _revision(edges: DataFrame, since: Since) -> Revision:
    """The new edges, and those of before whose records are both as they were."""
    return Revision(parted(since.edges, small(since.changed, since.records), "record_id_l", "record_id_r"), edges)


def stage_inputs(
    records: DataFrame, definition: ModelConfig, compiled: CompiledModel, term_frequency: DataFrame, model_id: str, stage: Stage
) -> DataFrame:
    """``record_id``, ``source_index``, the model's input columns and log2 of their term frequencies, of the stage's sources.

    Raises ConfigError when the model does not fit the inputs.
    """
    named = model_inputs(records.where(F.col("source").isin(*stage.sources)), definition)
    check_compared(definition, compiled.columns)
    texts_or_lists(named)
    check_term_frequency_columns(named, compiled.term_frequencies)
    inputs = named.select("record_id", source_index(stage), *definition.columns)
    return _with_frequencies(inputs, compiled, term_frequency, model_id)


def _with_frequencies(inputs: DataFrame, compiled: CompiledModel, term_frequency: DataFrame, model_id: str) -> DataFrame:
    """``log2_tf_<column>`` beside each adjusted column; NULL for a term that the model did not see."""
    own = term_frequency.where(F.col("model_id") == model_id)
    for column in compiled.term_frequencies:
        share = own.where(F.col("column") == column).select(
            F.col("term").alias(column), F.log2("frequency").alias(f"log2_tf_{column}")
        )  # fmt: skip
        inputs = inputs.join(share, column, how="left")
    return inputs


def _edges(scores: DataFrame, stage: Stage, model_id: str) -> DataFrame:
    weight = F.col("match_weight")
    odds = F.pow(F.lit(2.0), -F.abs(weight))  # never overflows
    probability = F.when(weight >= 0, 1 / (1 + odds)).otherwise(odds / (1 + odds))
    return SCORED_EDGE.conform(
        scores.select(
            "record_id_l",
            "record_id_r",
            F.lit(stage.name).alias("stage"),
            F.lit(model_id).alias("model_id"),
            "rule",
            "match_weight",
            probability.alias("match_probability"),
        )
    )

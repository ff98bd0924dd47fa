"""Clusters: records that edges join, at three thresholds that nest, with the evidence of each membership and what was refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.config.settings import Clustering, Stage
from docketlink.contracts import Revision
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.spine import CLUSTER_ALERT, PERSON_CLUSTER
from docketlink.errors import ContractError
from docketlink.linkage import kernel_arrivals as kernel
from docketlink.linkage.components import components
from docketlink.linkage.exchange import collision_free_seed, surrogate, usual_tasks
from docketlink.linkage.kernel_clusters import merge_components
from docketlink.linkage.kernel_evidence import LEAVES, THRESHOLDS
from docketlink.linkage.kernel_rules import Rules
from docketlink.linkage.touched import SEED, Last, among, node_of, parted, small

OF_AGE_ON, AGE = "of_age_on", 18  # a value of other_map: a day on which the person was so many years old at least
_ROWS_OF_A_TASK = 400_000  # records and edges that one task merges, about; whole components each
_CHANGES_OF_A_TASK = 20_000  # records of components merged again, under which a further task costs more than it saves


@dataclass(frozen=True)
class Clustered:
    """PERSON_CLUSTER and CLUSTER_ALERT, made by one pass, or what changes in them; both are read from ``held`` until ``release``."""

    person_cluster: DataFrame | Revision
    cluster_alert: DataFrame | Revision
    held: tuple[DataFrame, ...]

    def release(self) -> None:
        """Let go of what was kept."""
        for frame in self.held:
            frame.unpersist()


def cluster_people(
    edges: DataFrame,
    records: DataFrame,
    overrides: DataFrame,
    stages: Sequence[Stage],
    rules: Clustering,
    *,
    driver_edges: int,
    last: Last | None = None,
) -> Clustered:
    """Every record once per threshold, and every merge that a rule refused.

    ``edges`` is SCORED_EDGE, ``records`` PERSON_RECORD, ``overrides`` holds ``record_id_l, record_id_r, kind`` (must or cannot), those
    in force. An edge reaches the thresholds of its stage; records that edges at the low threshold and decisions connect are merged
    as ``kernel_merge`` says, component by component. Edges and decisions of a record that is not linkable, or no longer there, do
    not count, so organisations, masked and deleted records are clusters of one. The cluster id is the smallest record id, so it
    follows neither order nor partitioning. With ``last`` components without a changed record are taken over from it: what a component
    gives depends on its own records, edges and decisions alone. Raises ContractError when an edge names a stage that is not configured,
    or has no weight.
    """
    seed = collision_free_seed(records.select("record_id"))
    if seed != SEED:
        last = None  # two records have one name in what changed: the one of them would stand for the other
    linkable = records.where(F.col("link_status") == "linkable").withColumn("node", surrogate("record_id", seed))
    edge = _levelled(edges, stages, seed).persist()
    decision = _decisions(overrides, seed)
    count = _count_sound(edge)
    counted = (
        edge.where(F.col("level") > 0)
        .select("left", "right")
        .unionByName(decision.where(F.col("kind") == kernel.MUST).select("left", "right"))
    )
    hit = _changed(linkable, last) if last else None
    component = components(counted, linkable.select("node"), driver_edges=driver_edges, hit=hit).persist()
    held, afresh = [component, edge], records
    usual = usual_tasks(edges.sparkSession)
    tasks = max(usual, -(-count // _ROWS_OF_A_TASK))
    if last:
        touched = component.count()
        tasks = min(tasks, 1 + touched // _CHANGES_OF_A_TASK)
        component = small(component, touched)
        nodes = linkable.select("node", node_of("record_id").alias("record_node")).join(component, "node", how="left_semi")
        remade = nodes.select("record_node").unionByName(last.changed).distinct().persist()
        held.append(remade)
        remade = small(remade, touched + last.nodes)
        afresh = among(records, remade)
    arriving = _records(linkable.join(component, "node", how="inner"), of_age=rules.of_age).unionByName(
        _edges(edge, component).unionByName(_edges(decision, component)), allowMissingColumns=True
    )
    merge = partial(merge_components, rules=kernel_rules(rules))
    merged = arriving.repartition(tasks, "component").mapInArrow(merge, LEAVES).persist()
    overridden = overrides.select(F.explode(F.array("record_id_l", "record_id_r")).alias("record_id")).distinct()
    membership = _memberships(merged.where(F.col("rule").isNull()), afresh, overridden)
    alert = _alerts(merged.where(F.col("rule").isNotNull()))
    membership, alert = PERSON_CLUSTER.conform(membership), CLUSTER_ALERT.conform(alert)
    if last is None:
        return Clustered(membership, alert, (merged, *held))
    memberships = Revision(parted(last.person_cluster, remade, "record_id"), membership)
    # an alert lies within one component, so that one end tells
    return Clustered(memberships, Revision(parted(last.cluster_alert, remade, "record_id_l"), alert), (merged, *held))


def _changed(linkable: DataFrame, last: Last) -> DataFrame:
    """``node`` of the changed records."""
    record = linkable.select("node", node_of("record_id").alias("record_node"))
    return record.join(small(last.changed, last.nodes), "record_node", how="left_semi").select("node")


def kernel_rules(rules: Clustering) -> Rules:
    """The rules as executors take them."""
    attach = rules.attach
    return Rules(
        mean=rules.linkage == "mean",
        missing_pair=rules.missing_pair,
        least_mean=rules.least_mean,
        attach_records=attach.records,
        attach_best=attach.best,
        attach_least=attach.least_mean,
        attach_ahead=attach.ahead,
        twins=rules.twins,
        forename_bar=rules.forename_bar,
        namesake_bar=rules.namesake_bar,
        max_registers=rules.max_registers,
        max_birth_years=rules.max_birth_years,
        max_records=rules.max_records,
        soft_identities=rules.soft_identities,
        identities_per_record=rules.identities_per_record,
        bar_from=rules.bar_from,
        bar_step=rules.bar_step,
        bar_top=rules.bar_top,
        forenames={variant: head for head, variants in sorted(rules.forenames.items()) for variant in variants},
    )


def _levelled(edges: DataFrame, stages: Sequence[Stage], seed: int) -> DataFrame:
    """``(kind, left, right, weight, level)``: how many thresholds of its stage an edge reaches; NULL where that cannot be told."""
    level = F.coalesce(*map(_level, stages), F.lit(None).cast("int"))
    return edges.select(
        F.lit(kernel.EDGE).alias("kind"),
        surrogate("record_id_l", seed).alias("left"),
        surrogate("record_id_r", seed).alias("right"),
        F.col("match_weight").alias("weight"),
        level.alias("level"),
    )


def _level(stage: Stage) -> Column:
    weight = F.col("match_weight")
    reached = reduce(add, ((weight >= F.lit(bits)).cast("int") for bits in stage.thresholds.values()))
    # Spark holds NaN to be larger than any number
    return F.when((F.col("stage") == stage.name) & ~F.isnan(weight), reached)


def _count_sound(edge: DataFrame) -> int:
    row = edge.agg(F.count(F.lit(1)), F.count("level")).first()
    assert row is not None  # noqa: S101 - an aggregate without groups has one row
    count: int = row[0]
    if row[1] != count:
        raise ContractError(
            SCORED_EDGE.full_name,
            [f"{count - row[1]} edges have a stage that conf/linkage.yml does not name, or a weight that is no number"],
            next_step="score the edges again with the stages as they are configured now.",
        )
    return count


def _decisions(overrides: DataFrame, seed: int) -> DataFrame:
    return overrides.select(
        F.when(F.col("kind") == "must", F.lit(kernel.MUST)).otherwise(F.lit(kernel.CANNOT)).alias("kind"),
        surrogate("record_id_l", seed).alias("left"),
        surrogate("record_id_r", seed).alias("right"),
        F.lit(None).cast("double").alias("weight"),
        F.lit(None).cast("int").alias("level"),
    )


def _edges(edge: DataFrame, component: DataFrame) -> DataFrame:
    """Edges with both ends in one component, with it; an edge that reaches a threshold and whose ends count always has."""
    left = component.select(F.col("node").alias("left"), "component")
    right = component.select(F.col("node").alias("right"), F.col("component").alias("other"))
    return edge.join(left, "left", how="inner").join(right, "right", how="inner").where(F.col("component") == F.col("other")).drop("other")


def _records(record: DataFrame, *, of_age: bool) -> DataFrame:
    """What merging looks at, as hashes: no value leaves as it is but years and forenames, which are compared by similarity."""

    def hashed(kind: int, values: str) -> Column:
        return F.transform(values, lambda value: _tagged(kind, value))

    births = F.when(
        F.col("last_name_std").isNotNull(),
        F.transform("dob_arr", lambda dob: _tagged(kernel.BIRTH, F.concat_ws("|", "last_name_std", dob))),
    )
    arrays = [
        hashed(kernel.NAME, "full_name_arr"),
        hashed(kernel.DATE_OF_BIRTH, "dob_arr"),
        hashed(kernel.PLACE, "postcode_arr"),
        hashed(kernel.PNC, "pnc_arr"),
        hashed(kernel.CRO, "cro_arr"),
        hashed(kernel.LINK_DATE, "sentence_date_arr"),
        hashed(kernel.KNOWN_ID, "known_id_arr"),
        births,
    ]
    nothing = F.array().cast("array<bigint>")
    identity = F.when(
        F.col("first_and_last_name_std").isNotNull() & F.col("dob_std").isNotNull(), F.xxhash64("first_and_last_name_std", "dob_std")
    )
    names = F.concat(F.coalesce("forename_std_arr", F.array().cast("array<string>")), F.array("name_1_std", "name_2_std", "name_3_std"))
    of_age_on = F.try_element_at("other_map", F.lit(OF_AGE_ON))
    return record.select(
        "component",
        F.lit(kernel.RECORD).alias("kind"),
        F.col("node").alias("left"),
        "record_id",
        identity.alias("identity"),
        _year(F.col("dob_std")).alias("born"),
        F.when(F.col("dob_std").isNull() & F.lit(of_age), _year(of_age_on) - AGE).alias("born_by"),
        F.concat(*(F.coalesce(array, nothing) for array in arrays)).alias("value_arr"),
        F.array_distinct(F.array_compact(names)).alias("forename_arr"),
    )


def _year(day: Column) -> Column:
    return F.substring(day, 1, 4).try_cast("int")


def _tagged(kind: int, value: Column) -> Column:
    """A hash that tells its kind by its lowest three bits."""
    return F.xxhash64(F.lit(kind), value).bitwiseAND(F.lit(-8)).bitwiseOR(F.lit(kind))


def _memberships(merged: DataFrame, records: DataFrame, overridden: DataFrame) -> DataFrame:
    """The merged records, and beside them those that nothing joins."""
    alone = (
        records.select("record_id")
        .join(merged.where(F.col("threshold") == "low").select("record_id"), "record_id", how="left_anti")
        .select("record_id", F.explode(F.array(*map(F.lit, THRESHOLDS.values()))).alias("threshold"))
        .select(
            "*",
            F.col("record_id").alias("cluster_id"),
            F.lit(1).cast("long").alias("cluster_size"),
            F.lit(0).alias("evidence_kinds"),
            *(F.lit(False).alias(flag) for flag in ("flag_bridge", "flag_attached", "flag_conflict", "flag_held")),
        )
    )
    both = merged.unionByName(alone, allowMissingColumns=True)
    marked = both.join(F.broadcast(overridden.withColumn("is_overridden", F.lit(True))), "record_id", how="left")
    return marked.withColumn("flag_overridden", F.coalesce("is_overridden", F.lit(False))).select(*PERSON_CLUSTER.columns)


def _alerts(merged: DataFrame) -> DataFrame:
    ordered = F.col("record_id") < F.col("other_record_id")
    return merged.select(
        "threshold",
        "cluster_id",
        "other_cluster_id",
        "rule",
        F.when(ordered, F.col("record_id")).otherwise(F.col("other_record_id")).alias("record_id_l"),
        F.when(ordered, F.col("other_record_id")).otherwise(F.col("record_id")).alias("record_id_r"),
        "match_weight",
        F.col("records_l").alias("cluster_size"),
        F.col("records_r").alias("other_cluster_size"),
        "refused_links",
        _severity().alias("severity"),
    )


def _severity() -> Column:
    """3: a decision and the evidence disagree; 2: a rule keeps apart what the evidence joins; 1: the evidence is mixed."""
    return F.when(F.col("rule") == "cannot_link", 3).when(F.col("rule").isin("mean", "identities", "namesakes"), 1).otherwise(2)

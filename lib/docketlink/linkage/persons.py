"""Persons: clusters with an id that stays with them from version to version of the spine."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from docketlink.contracts.revision import Revision, all_rows
from docketlink.contracts.spine import PERSON_COLUMNS, PERSON_SPINE
from docketlink.linkage.lineage import lineage_between
from docketlink.linkage.matching import keep_persons
from docketlink.linkage.touched import among, parted

# mint(frame, anchor column, output column): the frame with an id of each anchor and of the spine version that it mints for
Mint = Callable[[DataFrame, str, str], DataFrame]
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Assigned:
    """The new version of the spine, and what changed from the one before it."""

    person_spine: DataFrame | Revision
    person_lineage: DataFrame


def assign_person_ids(
    person_cluster: DataFrame,
    person_record: DataFrame,
    previous: DataFrame | None,
    *,
    spine_version: int,
    mint: Mint,
    why: DataFrame | None = None,
    otherwise: str = "new_evidence",
    afresh: DataFrame | None = None,
) -> Assigned:
    """PERSON_SPINE and PERSON_LINEAGE of version ``spine_version``, from clusters and the version before (None: there is none).

    ``why`` holds ``record_id, cause`` of records whose change has a cause of its own, as ``causes`` finds them; ``otherwise`` is the
    reason of changes without one.

    At each threshold a cluster keeps the person with whom it shares most records (see ``keep_persons``), so an unchanged cluster
    keeps its id and the same input changes nothing. The other clusters get an id that ``mint`` makes of their smallest record id
    for this version, so no id is ever issued twice as long as no version is; high and low add their name, so that an id tells one
    threshold from another. Persons nest over thresholds since clusters do.

    With ``afresh``, which is what ``touched.with_their_persons`` finds, the rows of all other records are taken over from ``previous``: the
    same spine for less.
    """
    if afresh is not None and previous is not None:
        some = partial(among, nodes=afresh)
        # few rows from many, and asked several times
        parts = [some(frame).localCheckpoint(eager=False) for frame in (person_cluster, person_record, previous)]
        assigned = assign_person_ids(*parts, spine_version=spine_version, mint=mint, why=why, otherwise=otherwise)
        return Assigned(Revision(parted(previous, afresh, "record_id"), all_rows(assigned.person_spine)), assigned.person_lineage)
    spark = person_cluster.sparkSession
    spine_before = PERSON_SPINE.conform(previous) if previous is not None else PERSON_SPINE.nothing(spark)
    clusters = person_cluster.groupBy("record_id").agg(
        *(F.max(F.when(F.col("threshold") == threshold, F.col("cluster_id"))).alias(threshold) for threshold in PERSON_COLUMNS)
    )
    kept = keep_persons(_shared(clusters, person_record, spine_before))
    # a cluster is named by its smallest record, so this is one row per cluster
    cluster = person_cluster.where(F.col("record_id") == F.col("cluster_id")).select("threshold", "cluster_id")
    unkept = cluster.join(kept, ["threshold", "cluster_id"], how="left_anti").select("*", _anchor().alias("anchor"))
    minted = mint(unkept, "anchor", "person_id").select("threshold", "cluster_id", "person_id")
    # spine and lineage both stand on the ids: minted once
    person = kept.unionByName(minted).localCheckpoint(eager=False)
    named = _named(clusters, person_record, person)
    after = named.withColumnRenamed("record_status", "link_status")
    lineage = lineage_between(spine_before, after, person_cluster, why, spine_version=spine_version, otherwise=otherwise)
    evidence = person_cluster.where(F.col("threshold") == "medium").drop("threshold", "cluster_id", "best_record_id")
    spine = named.join(evidence, "record_id", how="left").withColumn("link_status", _link_status())
    return Assigned(PERSON_SPINE.conform(spine.select(*PERSON_SPINE.columns)), lineage)


def _shared(clusters: DataFrame, person_record: DataFrame, previous: DataFrame) -> DataFrame:
    """Records that clusters of now share with persons of before. A deleted record weighs less: the id stays with the living."""
    record = person_record.select("record_id", (F.col("link_status") == "linkable").cast("long").alias("is_linkable"))
    pair = [
        F.struct(F.lit(threshold).alias("threshold"), F.col(threshold).alias("cluster_id"), F.col(name).alias("person_id"))
        for threshold, name in PERSON_COLUMNS.items()
    ]
    return (
        previous.select("record_id", *PERSON_COLUMNS.values())
        .join(clusters, "record_id", how="inner")
        .join(record, "record_id", how="inner")
        .select("is_linkable", F.explode(F.array(*pair)).alias("pair"))
        .groupBy("pair.threshold", "pair.cluster_id", "pair.person_id")
        .agg(F.count(F.lit(1)).alias("records"), F.sum("is_linkable").alias("linkable_records"))
    )


def _anchor() -> Column:
    label = F.when(F.col("threshold") != "medium", F.col("threshold"))  # concat_ws skips NULL: the plain form is the medium one's
    return F.concat_ws(_SEPARATOR, "cluster_id", label)


def _named(clusters: DataFrame, person_record: DataFrame, person: DataFrame) -> DataFrame:
    """``(record_id, source, record_status, linkability)`` of every record, and its person at each threshold."""

    def with_person(frame: DataFrame, threshold: str) -> DataFrame:
        of = person.where(F.col("threshold") == threshold)
        named = of.select(F.col("cluster_id").alias(threshold), F.col("person_id").alias(PERSON_COLUMNS[threshold]))
        return frame.join(named, threshold, how="left")

    # left joins: a record without a cluster shows as a missing id, which the table refuses, rather than being lost
    record = person_record.select("record_id", "source", F.col("link_status").alias("record_status"), "linkability")
    return reduce(with_person, PERSON_COLUMNS, record.join(clusters, "record_id", how="left")).drop(*PERSON_COLUMNS)


def _link_status() -> Column:
    return (
        F.when(F.col("record_status") != "linkable", F.col("record_status"))
        .when(F.col("cluster_size") > 1, "linked")
        .when(F.col("linkability") == "insufficient", "insufficient_evidence")
        .otherwise("single")
    )

"""Which decisions of reviewers hold in a run."""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import PAIR_OVERRIDE
from docketlink.linkage.lineage import causes
from docketlink.linkage.touched import among
from docketlink.runtime.job import Job
from docketlink.runtime.manifest import Version


def decisions_in_force(job: Job, records: DataFrame) -> DataFrame:
    """PAIR_OVERRIDE without what has expired by the newest extract of ``records``; no rows where nothing was ever decided.

    The newest extract is the clock, so the same tables give the same answer on any day.
    """
    if job.state(PAIR_OVERRIDE) is None:
        return PAIR_OVERRIDE.nothing(job.spark)
    return in_force(job.read(PAIR_OVERRIDE), records)


def in_force(decided: DataFrame, records: DataFrame) -> DataFrame:
    """Decisions that had not expired by the newest extract of ``records``."""
    newest = records.select(F.max("snapshot_date").alias("newest"))
    decided = decided.crossJoin(F.broadcast(newest))
    return decided.where(F.col("expires_on").isNull() | (F.col("expires_on") > F.col("newest"))).drop("newest")


def causes_of_change(job: Job, records: DataFrame, then: Mapping[str, Version], afresh: DataFrame | None) -> DataFrame:
    """``(record_id, cause)`` of what changed in records and decisions since the spine was last assigned; see ``lineage.causes``.

    ``records`` is PERSON_RECORD as it is now, ``then`` the versions that the spine was made from. With ``afresh``, nodes as ``touched``
    finds them, only these records are looked at. Where it is not known what the spine was made from, no decision counts as new.
    """
    before, decided_now = job.read_as_of(PERSON_RECORD, then), decisions_in_force(job, records)
    if then and PAIR_OVERRIDE.full_name not in then:
        were_in_force = PAIR_OVERRIDE.nothing(job.spark)
    else:
        decided = job.read_as_of(PAIR_OVERRIDE, then)
        were_in_force = decided_now if decided is None or before is None else in_force(decided, before)
    if afresh is not None:
        records, before = among(records, afresh), before if before is None else among(before, afresh)
    return causes(records, before, decided_now, were_in_force)


def reason_otherwise(job: Job, then: Mapping[str, Version]) -> str:
    """``new_model`` where a stage's edges are another model's than when the spine was last assigned, else ``new_evidence``."""
    edges, before = job.read(SCORED_EDGE), job.read_as_of(SCORED_EDGE, then)
    if before is None:
        return "new_evidence"

    stages = sorted(job.held(SCORED_EDGE, "stage"))

    def models(edges: DataFrame) -> dict[str, str]:
        one_of_each = [edges.where(F.col("stage") == stage).select("stage", "model_id").limit(1) for stage in stages]
        return {row.stage: row.model_id for row in reduce(DataFrame.unionByName, one_of_each).collect()}  # a stage has one model

    was, now = (models(frame) if stages else {} for frame in (before, edges))
    return "new_model" if any(now[stage] != was[stage] for stage in was.keys() & now.keys()) else "new_evidence"

"""What a stage's edges were last made of, so that a run scores only what changed since."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.settings import Stage
from docketlink.contracts.tables import BLOCK_SUMMARY, PERSON_RECORD, SCORED_EDGE
from docketlink.linkage.artefact import LinkModel, Since
from docketlink.runtime.job import Job
from docketlink.runtime.models import linkable_records

MOST_CHANGED = 0.3  # share of records above which scoring, or merging, everything is no slower


def since_last(job: Job, stage: Stage, model: LinkModel, records: DataFrame) -> Since | None:
    """What to take over of the stage's edges; None where everything is to be scored.

    Taken over are edges that the same code made under the same configuration and model of records whose version is still kept.
    ``records`` are the stage's linkable rows of PERSON_RECORD as they are now.
    """
    where = {"stage": stage.name}
    states = [job.state(table) for table in (SCORED_EDGE, BLOCK_SUMMARY)]
    if None in states or not job.config.settings.linkage.incremental:
        return None
    before = job.read_as_of(PERSON_RECORD, job.made_from(SCORED_EDGE, where, alike=True))
    if before is None:
        return None
    edges = job.read_slice(SCORED_EDGE, where, counted=False)
    made_by = edges.select("model_id").head(1)
    if made_by and made_by[0].model_id != model.model_id:
        return None
    was = linkable_records(before, stage).select("record_id", F.col("record_version").alias("was"))
    now = records.select("record_id", F.col("record_version").alias("now"))
    both = now.join(was, "record_id", how="full").where(~F.col("now").eqNullSafe(F.col("was")))
    changed = job.hold(both.select("record_id", F.col("now").isNotNull().alias("is_there")))
    there, total = changed.where("is_there").count(), records.count()
    if there > MOST_CHANGED * total:
        return None
    job.log.info("scoring_changes", stage=stage.name, changed=there, of=total)
    return Since(edges, job.read_slice(BLOCK_SUMMARY, where, counted=False), changed, there)

"""What a stage's edges were last made of, so that a run scores only what changed since."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.settings import Stage
from docketlink.contracts.links import BLOCK_SUMMARY, SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.linkage.artefact import LinkModel, Since
from docketlink.linkage.touched import among, changed_records, small
from docketlink.runtime.job import Job

_MOST_SENT = 2_000_000  # changed records: every executor is sent all of them
MOST_CHANGED = 0.3  # share of records above which scoring, merging or naming everything is no slower


class Rescoring:
    """What the stages of a job may take over; the records that changed since a version are found once, however many stages ask."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._changed: dict[int, tuple[DataFrame, int]] = {}

    def since_last(self, stage: Stage, model: LinkModel, records: DataFrame) -> Since | None:
        """What to take over of the stage's edges; None where everything is to be scored.

        Taken over are edges that the same code made under the same configuration and model of records whose version is still kept.
        ``records`` are the stage's linkable rows of PERSON_RECORD as they are now.
        """
        job, where = self._job, {"stage": stage.name}
        state, summary = (job.state(table) for table in (SCORED_EDGE, BLOCK_SUMMARY))
        if state is None or summary is None or not job.config.settings.linkage.incremental:
            return None
        then = job.made_from(SCORED_EDGE, where, alike=True)
        before = job.read_as_of(PERSON_RECORD, then)
        if before is None:
            return None
        # as they were when it was asked what made them: whoever wrote since is noticed when these are revised
        edges = job.read(SCORED_EDGE, version=state.delta_version).where(F.col("stage") == stage.name)
        made_by = edges.select("model_id").head(1)
        if made_by and made_by[0].model_id != model.model_id:
            return None
        changed, few = self._since(then[PERSON_RECORD.full_name].delta_version, before)
        if few > _MOST_SENT:
            return None
        every = records.count()
        if few > MOST_CHANGED * every and among(records, small(changed, few)).count() > MOST_CHANGED * every:  # few are of all sources
            return None
        job.log.info("scoring_changes", stage=stage.name, changed=few)
        return Since(edges, job.read_slice(BLOCK_SUMMARY, where, counted=False), changed, few)

    def _since(self, version: int, before: DataFrame) -> tuple[DataFrame, int]:
        if version not in self._changed:
            changed = self._job.hold(changed_records(self._job.read_slice(PERSON_RECORD, {}, counted=False), before))
            self._changed[version] = changed, changed.count()
        return self._changed[version]

"""Score edges: pairs of records that share a blocking key get the match weight that Splink would give them.

Reads   identity.person_record   one linking node of one source
        identity.link_model      a trained model
        identity.term_frequency  a term of a column, frozen with a model
        identity.block_summary   of the last run
        identity.scored_edge     of the last run: pairs of records that did not change are not scored again
Writes  identity.block_summary   a blocking rule in a stage: records, blocks, pairs, dropped
        identity.scored_edge     an unordered pair scored once
"""

import sys
from contextlib import closing
from functools import partial

from docketlink.config.settings import Stage
from docketlink.contracts.links import BLOCK_SUMMARY, SCORED_EDGE, TERM_FREQUENCY
from docketlink.contracts.records import PERSON_RECORD
from docketlink.linkage.artefact import Scored
from docketlink.linkage.engine import score
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.models import has_pairs, linkable_records, require_trained
from docketlink.runtime.rescoring import Rescoring


def run(job: Job) -> None:
    """Each stage replaces its own slice; those of stages that are gone go. What is not compared stands in the block summary."""
    for table in (BLOCK_SUMMARY, SCORED_EDGE):
        job.drop_others(table, "stage", [stage.name for stage in job.stages])
    # while one stage is written, the next one is prepared
    with closing(job.ahead(partial(_scored, job, Rescoring(job)), job.stages)) as prepared:
        for stage, scored in zip(job.stages, prepared, strict=True):
            if scored is None:
                for table in (BLOCK_SUMMARY, SCORED_EDGE):
                    job.write(table, table.nothing(job.spark), where={"stage": stage.name}, allow_empty=True)
                continue
            for note in scored.notes:
                job.log.warning("engine_note", stage=stage.name, engine=job.config.settings.linkage.engine, note=note)
            # edges first: whoever finds them as the last run left them finds the block summary that belongs to them
            job.write(SCORED_EDGE, scored.edges, where={"stage": stage.name}, allow_empty=True)
            job.write(BLOCK_SUMMARY, scored.block_summary, where={"stage": stage.name})
            scored.release()


def _scored(job: Job, rescoring: Rescoring, stage: Stage) -> Scored | None:
    linkage, definition = job.config.settings.linkage, job.config.models[stage.model]
    records = linkable_records(job.read(PERSON_RECORD), stage)
    if not has_pairs(records):
        job.log.warning("stage_without_pairs", stage=stage.name, because="its sources hold fewer than two linkable records")
        return None
    model = require_trained(job, definition)
    with job.watch(f"count the blocks of {stage.name}"):
        since = rescoring.since_last(stage, model, records)
        scored = score(records, definition, model, job.read(TERM_FREQUENCY), stage, linkage, since)
    job.at_end(scored.release)
    return scored


if __name__ == "__main__":
    sys.exit(main(run))

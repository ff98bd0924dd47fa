"""Train model: each stage's model is trained once by Splink and kept; later runs score with it.

Reads   identity.person_record   one linking node of one source
        identity.link_model      a trained model
Writes  identity.link_model      a trained model
        identity.term_frequency  a term of a column, frozen with a model
"""

import sys

from docketlink.contracts.links import LINK_MODEL, TERM_FREQUENCY
from docketlink.contracts.records import PERSON_RECORD
from docketlink.linkage.training import link_model_row, term_frequency_rows, train
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.models import has_pairs, linkable_records, trained_model

SHORTCUTS = {"--backend": "linkage.train_with"}


def run(job: Job) -> None:
    """A model that was trained from the same declaration stays: links change when somebody decides so, not when data arrive.

    A stage without two records to compare trains nothing and says so.
    """
    linkage = job.config.settings.linkage
    for stage in job.stages:
        model = job.config.models[stage.model]
        if known := trained_model(job, model):
            job.log.info("model_kept", model=model.name, model_id=known.model_id)
            continue
        records = linkable_records(job.read(PERSON_RECORD), stage)
        if not has_pairs(records):
            job.log.warning("stage_without_pairs", stage=stage.name, because="its sources hold fewer than two linkable records")
            continue
        with job.watch(f"train {model.name}"):
            trained = train(records, model, backend=linkage.train_with, scratch=linkage.scratch)
        job.write(TERM_FREQUENCY, term_frequency_rows(trained), where={"model_id": trained.model_id}, allow_empty=True)
        job.insert(LINK_MODEL, link_model_row(job.spark, trained))


if __name__ == "__main__":
    sys.exit(main(run, shortcuts=SHORTCUTS))

"""Train model: each stage's model is trained once by Splink and kept; later runs score with it.

Reads   identity.person_record   one linking node of one source
        identity.link_model      a trained model
Writes  identity.link_model      a trained model
        identity.term_frequency  a term of a column, frozen with a model
"""

import sys

from docketlink.contracts.tables import LINK_MODEL, PERSON_RECORD, TERM_FREQUENCY
from docketlink.linkage.training import link_model_row, term_frequency_rows, train
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.models import linkable_records, trained_model

SHORTCUTS = {"--backend": "linkage.train_with"}


def run(job: Job) -> None:
    """A model that was trained from the same declaration stays: links change when somebody decides so, not when data arrive."""
    linkage = job.config.settings.linkage
    for stage in job.stages:
        model = job.config.models[stage.model]
        if known := trained_model(job, model):
            job.log.info("model_kept", model=model.name, model_id=known.model_id)
            continue
        with job.watch(f"train {model.name}"):
            records = linkable_records(job.read(PERSON_RECORD), stage)
            trained = train(records, model, backend=linkage.train_with, scratch=linkage.scratch)
        job.write(TERM_FREQUENCY, term_frequency_rows(trained), where={"model_id": trained.model_id}, allow_empty=True)
        job.insert(LINK_MODEL, link_model_row(job.spark, trained))


if __name__ == "__main__":
    sys.exit(main(run, shortcuts=SHORTCUTS))

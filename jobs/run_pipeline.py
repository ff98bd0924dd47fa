"""Run the pipeline: every stage in order in one application, skipping what the same inputs already made.

Runs    ingest_source, measure_sources, standardise_records, train_model, score_edges, load_overrides, cluster_people, assign_person_ids,
        build_events, build_calendar, build_spells, build_journeys, build_panels, build_cohorts, evaluate_linkage, evaluate_histories;
        --set pipeline.start=STAGE and pipeline.stop=STAGE choose some of them.

Reads   raw.received_file       what each file held
        identity.block_summary  a blocking rule in a stage
        spine.person_spine      the person of one record
        quality.linkage_metric  one number about one run
"""

import sys

from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.models import check_models
from docketlink.runtime.pipeline import run_stages
from docketlink.runtime.summary import finish

from jobs import (
    assign_person_ids,
    build_calendar,
    build_cohorts,
    build_events,
    build_journeys,
    build_panels,
    build_spells,
    cluster_people,
    evaluate_histories,
    evaluate_linkage,
    ingest_source,
    load_overrides,
    measure_sources,
    score_edges,
    standardise_records,
    train_model,
)

STAGES = (
    ingest_source,
    measure_sources,
    standardise_records,
    train_model,
    score_edges,
    load_overrides,
    cluster_people,
    assign_person_ids,
    build_events,
    build_calendar,
    build_spells,
    build_journeys,
    build_panels,
    build_cohorts,
    evaluate_linkage,
    evaluate_histories,
)


def run(job: Job) -> None:
    """The stages, then the summary on the terminal and in the configured file; a model that cannot be trained is refused first."""
    check_models(job, job.config.models.values())
    finish(job, run_stages(job, STAGES))


if __name__ == "__main__":
    sys.exit(main(run))

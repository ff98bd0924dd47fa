"""Run the pipeline: every stage in order in one application, skipping what the same inputs already made.

Runs    ingest_source, measure_sources, standardise_records, train_model, score_edges, load_overrides, cluster_people, assign_person_ids,
        build_events, build_calendar, evaluate_linkage; --set pipeline.start=STAGE and pipeline.stop=STAGE choose some of them.

Reads   raw.received_file       what each file held
        identity.block_summary  a blocking rule in a stage
        spine.person_spine      the person of one record
        quality.linkage_metric  one number about one run
"""

import sys

from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.pipeline import run_stages
from docketlink.runtime.summary import finish

from jobs import (
    assign_person_ids,
    build_calendar,
    build_events,
    cluster_people,
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
    evaluate_linkage,
)


def run(job: Job) -> None:
    """The stages, then the summary on the terminal and in the configured file."""
    finish(job, run_stages(job, STAGES))


if __name__ == "__main__":
    sys.exit(main(run))

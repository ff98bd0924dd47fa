"""Evaluate linkage: precision, recall and F1 of the spine, by pairs and B-cubed, and what became of every true pair, where it is known.

Reads   spine.person_spine      the person of one record
        identity.person_record  one linking node of one source
        truth.<source>          the true person of one record
Writes  quality.linkage_metric  one number about one run
"""

import sys
from functools import reduce

from docketlink.contracts.measures import LINKAGE_METRIC
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import PERSON_SPINE
from docketlink.contracts.truth import truth_table
from docketlink.linkage.reach import record_keys
from docketlink.quality.accuracy import linkage_metrics
from docketlink.quality.true_pairs import StageKeys, true_pair_metrics
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.models import linkable_records


def run(job: Job) -> None:
    """No metric where no source has truth."""
    known = [table for source in job.sources if job.state(table := truth_table(source.source))]
    if not known:
        job.log.info("no_truth", sources=len(job.sources))
        return
    truth = reduce(lambda a, b: a.unionByName(b), map(job.read, known))
    spine, records, memory = job.read(PERSON_SPINE), job.read(PERSON_RECORD), job.config.settings.linkage.duckdb_memory
    stages = job.config.settings.linkage.stages
    metric = linkage_metrics(spine, truth)
    if stages:
        keys = [StageKeys(stage, record_keys(linkable_records(records, stage), job.config.models[stage.model], memory)) for stage in stages]
        metric = metric.unionByName(true_pair_metrics(spine, truth, records, keys))
    job.write(LINKAGE_METRIC, metric)


if __name__ == "__main__":
    sys.exit(main(run))

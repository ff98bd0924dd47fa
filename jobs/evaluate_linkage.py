"""Evaluate linkage: precision, recall and F1 of the spine, by pairs and B-cubed, wherever the true people are known.

Reads   spine.person_spine      the person of one record
        truth.<source>          the true person of one record
Writes  quality.linkage_metric  one number about one run
"""

import sys
from functools import reduce

from docketlink.contracts.tables import LINKAGE_METRIC, PERSON_SPINE, truth_table
from docketlink.quality.accuracy import linkage_metrics
from docketlink.runtime.job import Job
from docketlink.runtime.main import main


def run(job: Job) -> None:
    """No metric where no source has truth."""
    known = [table for source in job.sources if job.state(table := truth_table(source.source))]
    if not known:
        job.log.info("no_truth", sources=len(job.sources))
        return
    truth = reduce(lambda a, b: a.unionByName(b), map(job.read, known))
    job.write(LINKAGE_METRIC, linkage_metrics(job.read(PERSON_SPINE), truth))


if __name__ == "__main__":
    sys.exit(main(run))

"""Cluster people: records joined by edges at three thresholds; a higher threshold only splits.

Reads   identity.scored_edge     an unordered pair scored once
        identity.person_record   one linking node of one source
Writes  identity.person_cluster  a record in a cluster at a threshold
"""

import sys

from docketlink.contracts.tables import PERSON_CLUSTER, PERSON_RECORD, SCORED_EDGE
from docketlink.linkage.components import cluster_people
from docketlink.runtime.job import Job
from docketlink.runtime.main import main


def run(job: Job) -> None:
    """Every record once per threshold, also those that no edge touches."""
    linkage = job.config.settings.linkage
    clusters = cluster_people(job.read(SCORED_EDGE), job.read(PERSON_RECORD), job.stages, driver_edges=linkage.driver_edges)
    job.write(PERSON_CLUSTER, clusters)


if __name__ == "__main__":
    sys.exit(main(run))

"""Cluster people: records joined by edges at three thresholds; a higher threshold only splits, and rules keep people apart.

Reads   identity.scored_edge     an unordered pair scored once
        identity.person_record   one linking node of one source
        identity.pair_override   a reviewer's decision on a pair
        identity.person_cluster  of the last run: components in which nothing changed are taken over
        identity.cluster_alert   of the last run
Writes  identity.person_cluster  a record in a cluster at a threshold
        identity.cluster_alert   one rule that refused to merge two clusters
"""

import sys

from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import CLUSTER_ALERT, PERSON_CLUSTER
from docketlink.linkage.clusters import cluster_people
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.overrides import decisions_in_force
from docketlink.runtime.reclustering import last_clusters


def run(job: Job) -> None:
    """Every record once per threshold, also those that no edge touches; every refused merge with its rule."""
    linkage, records, edges = job.config.settings.linkage, job.read(PERSON_RECORD), job.read(SCORED_EDGE)
    decided = decisions_in_force(job, records)
    last = last_clusters(job, edges, records, decided)
    clustered = cluster_people(edges, records, decided, job.stages, linkage.clustering, driver_edges=linkage.driver_edges, last=last)
    try:
        with job.watch("merge"):
            job.write(PERSON_CLUSTER, clustered.person_cluster)
            job.write(CLUSTER_ALERT, clustered.cluster_alert, allow_empty=True)
    finally:
        clustered.release()


if __name__ == "__main__":
    sys.exit(main(run))

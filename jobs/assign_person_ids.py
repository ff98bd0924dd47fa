"""Assign person ids: clusters take over the ids of the spine's previous version; every change has its line of lineage.

Reads   identity.person_cluster  a record in a cluster at a threshold
        identity.person_record   one linking node of one source
        identity.scored_edge     an unordered pair scored once: which model scored it
        identity.pair_override   a reviewer's decision on a pair
        spine.person_spine       the previous version
Writes  spine.person_lineage     one record whose person changed at one threshold
        spine.person_spine       the person of one record
"""

import sys

from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import PERSON_CLUSTER, PERSON_LINEAGE, PERSON_SPINE
from docketlink.disclosure.tokens import minter
from docketlink.linkage.persons import assign_person_ids
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.overrides import causes_of_change, reason_otherwise
from docketlink.runtime.reclustering import records_named_afresh
from docketlink.runtime.versions import require_next_version


def run(job: Job) -> None:
    """Lineage is written before the spine: a run that stops between the two finds the same previous version again.

    One run at a time: of two, the second finds what the first made; where nothing holds it off, it stops before it writes.
    """
    with job.alone(PERSON_SPINE):
        before = job.state(PERSON_SPINE)
        spine_version = before.revision + 1 if before else 1
        then, records, clusters = job.made_from(PERSON_SPINE), job.read(PERSON_RECORD), job.read(PERSON_CLUSTER)
        afresh = records_named_afresh(job, clusters, records)
        assigned = assign_person_ids(
            clusters,
            records,
            job.read(PERSON_SPINE) if before and before.rows else None,
            spine_version=spine_version,
            mint=minter(job.keys, spine_version),
            why=causes_of_change(job, records, then, afresh),
            otherwise=reason_otherwise(job, then),
            afresh=afresh,
        )
        require_next_version(PERSON_SPINE, job.state(PERSON_SPINE), spine_version)
        job.write(PERSON_LINEAGE, assigned.person_lineage, where={"spine_version": spine_version}, allow_empty=True)
        require_next_version(PERSON_SPINE, job.state(PERSON_SPINE), spine_version)
        job.write(PERSON_SPINE, assigned.person_spine)


if __name__ == "__main__":
    sys.exit(main(run))

"""What clusters and persons were last made of, so that a run makes only those anew in which something changed."""

from pyspark.sql import DataFrame

from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import CLUSTER_ALERT, PAIR_OVERRIDE, PERSON_CLUSTER, PERSON_SPINE
from docketlink.linkage.touched import Last, changed_nodes, moved_records, small, with_their_persons
from docketlink.runtime.job import Job
from docketlink.runtime.rescoring import MOST_CHANGED


def last_clusters(job: Job, edges: DataFrame, records: DataFrame, decided: DataFrame) -> Last | None:
    """What to take over; None where everything is to be merged.

    Taken over is what the same code made under the same configuration, of tables whose versions are still kept. ``edges``, ``records``
    and ``decided`` are as they are now, the last of decisions in force.
    """
    clusters, alerts = (job.state(table) for table in (PERSON_CLUSTER, CLUSTER_ALERT))
    if clusters is None or alerts is None or not job.config.settings.linkage.incremental:
        return None
    then = job.made_from(PERSON_CLUSTER, alike=True)
    if not then or then != job.made_from(CLUSTER_ALERT, alike=True):
        return None
    if not is_scored_now(job):
        return None  # with edges of records that are not as they were scored: which components they touch is not known
    edges_then, records_then = job.read_as_of(SCORED_EDGE, then), job.read_as_of(PERSON_RECORD, then)
    if edges_then is None or records_then is None:
        return None
    decisions = [decided]
    if PAIR_OVERRIDE.full_name in then:
        decided_then = job.read_as_of(PAIR_OVERRIDE, then)
        if decided_then is None:
            return None
        decisions.append(decided_then)
    low = {stage.name: stage.thresholds["low"] for stage in job.stages}
    changed = job.hold(changed_nodes((edges, edges_then), (records, records_then), decisions, low))
    few, every = changed.count(), records.count()
    if few > MOST_CHANGED * every:
        return None
    job.log.info("clustering_changes", changed=few, of=every)
    # as they were when it was asked what made them: whoever wrote since is noticed when these are revised
    taken = (job.read(PERSON_CLUSTER, version=clusters.delta_version), job.read(CLUSTER_ALERT, version=alerts.delta_version))
    return Last(*taken, changed, few)


def is_scored_now(job: Job) -> bool:
    """Whether all edges are known to come from the records as they are."""
    records, edges = job.state(PERSON_RECORD), job.state(SCORED_EDGE)
    held = [{"stage": value} for value in sorted(job.held(SCORED_EDGE, "stage"))] if records and edges else []
    made = [job.made_from(SCORED_EDGE, where, by="score_edges").get(PERSON_RECORD.full_name) for where in held]
    return records is not None and all(each is not None and each.content_hash == records.content_hash for each in made)


def records_named_afresh(job: Job, clusters: DataFrame, records: DataFrame) -> DataFrame | None:
    """What ``assign_person_ids`` takes as ``afresh``; None where everybody is to be named.

    The rest of the spine must be what the same code made under the same configuration, of tables whose versions are still kept.
    ``clusters`` is PERSON_CLUSTER and ``records`` PERSON_RECORD, as they are now.
    """
    then = job.made_from(PERSON_SPINE, alike=True)
    if not then or not job.config.settings.linkage.incremental:
        return None
    clusters_then, records_then = job.read_as_of(PERSON_CLUSTER, then), job.read_as_of(PERSON_RECORD, then)
    if clusters_then is None or records_then is None:
        return None
    moved = job.hold(moved_records((clusters, clusters_then), (records, records_then)))
    few, every = moved.count(), records.count()
    if few > MOST_CHANGED * every:
        return None
    afresh = job.hold(with_their_persons(moved, few, clusters, job.read_slice(PERSON_SPINE, {}, counted=False)))
    named = afresh.count()
    job.log.info("naming_changes", changed=few, afresh=named, of=every)
    return small(afresh, named)

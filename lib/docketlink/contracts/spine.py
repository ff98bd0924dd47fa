"""Clusters, decisions, persons and their history: what linking makes of the records."""

from docketlink.contracts.common import (
    DATE,
    DIRECT,
    FLAG,
    INT,
    LONG,
    OPERATIONAL,
    REAL,
    RECORD_ID,
    SOURCE,
    TEXT,
    TOKEN,
)
from docketlink.contracts.table import Field, Table, Zone

PERSON_COLUMNS = {"high": "person_id_high", "medium": "person_id", "low": "person_id_low"}
"""The person of each threshold, in columns of ``spine.person_spine``; a higher one lies inside a lower one."""

PERSON_CLUSTER = Table(
    zone=Zone.IDENTITY,
    name="person_cluster",
    grain="a record in a cluster at a threshold",
    key=("record_id", "threshold"),
    fields=(
        RECORD_ID,
        Field("threshold", TEXT, "high, medium or low.", True, OPERATIONAL),
        Field("cluster_id", TEXT, "Smallest record id of the cluster; lives no longer than the run.", True, TOKEN),
        Field("cluster_size", LONG, "Records of the cluster.", True, OPERATIONAL),
        Field("best_match_weight", REAL, "Largest weight of an edge of this record inside the cluster, bits.", False, OPERATIONAL),
        Field("best_record_id", TEXT, "The other end of that edge.", False, TOKEN),
        Field(
            "weakest_link_weight",
            REAL,
            "Smallest weight of the links that merged the cluster, bits; decisions and fragments attached do not count.",
            False,
            OPERATIONAL,
        ),
        Field(
            "evidence_kinds",
            INT,
            "Independent kinds of evidence that the record shares with another one of the cluster: name, date of birth, place, register "
            "number, link date.",
            True,
            OPERATIONAL,
        ),
        Field("flag_bridge", FLAG, "Without this record its cluster falls apart.", True, OPERATIONAL),
        Field("flag_attached", FLAG, "Joined as a fragment, by the mean of its best weights.", True, OPERATIONAL),
        Field(
            "flag_conflict", FLAG, "A decision or the twins rule keeps the cluster from another one that the edges join.", True, OPERATIONAL
        ),
        Field(
            "flag_held",
            FLAG,
            "Register numbers, ages, years of birth, other namesakes, size or identities keep it from another one: for review.",
            True,
            OPERATIONAL,
        ),
        Field("flag_overridden", FLAG, "A decision in pair_override names the record.", True, OPERATIONAL),
    ),
    partitioned_by=("threshold",),
    checks={"threshold_known": "threshold IN ('high', 'medium', 'low')"},
)

CLUSTER_ALERT = Table(
    zone=Zone.IDENTITY,
    name="cluster_alert",
    grain="one rule that refused to merge two clusters that edges or a decision join",
    key=("threshold", "cluster_id", "other_cluster_id", "rule"),
    fields=(
        Field("threshold", TEXT, "high, medium or low: the highest one that the refused link reaches.", True, OPERATIONAL),
        Field("cluster_id", TEXT, "Cluster of person_cluster at this threshold, the smaller id of the two.", True, TOKEN),
        Field("other_cluster_id", TEXT, "The cluster that it was not merged with.", True, TOKEN),
        Field(
            "rule",
            TEXT,
            "cannot_link, age, twins, registers, birth_years, namesakes, size, identities or mean: see docs/spine.md.",
            True,
            OPERATIONAL,
        ),
        Field("record_id_l", TEXT, "Smaller end of the strongest refused link.", True, TOKEN),
        Field("record_id_r", TEXT, "Larger end of the strongest refused link.", True, TOKEN),
        Field("match_weight", REAL, "Its weight, bits; NULL for a decision to join.", False, OPERATIONAL),
        Field("cluster_size", LONG, "Records of cluster_id.", True, OPERATIONAL),
        Field("other_cluster_size", LONG, "Records of other_cluster_id.", True, OPERATIONAL),
        Field("refused_links", LONG, "Links between the two that the rule refused.", True, OPERATIONAL),
        Field(
            "severity",
            INT,
            "3 a decision and the evidence disagree, 2 a rule and the evidence do, 1 the evidence is mixed.",
            True,
            OPERATIONAL,
        ),
    ),
    checks={"ordered": "record_id_l < record_id_r", "threshold_known": "threshold IN ('high', 'medium', 'low')"},
)

PAIR_OVERRIDE = Table(
    zone=Zone.IDENTITY,
    name="pair_override",
    grain="a reviewer's decision on a pair of records",
    key=("record_id_l", "record_id_r"),
    fields=(
        Field("record_id_l", TEXT, "The smaller record id.", True, TOKEN),
        Field("record_id_r", TEXT, "The larger record id.", True, TOKEN),
        Field("kind", TEXT, "must: one person, cannot: two people.", True, OPERATIONAL),
        Field("scope", TEXT, "The review that the decision belongs to.", True, OPERATIONAL),
        Field("actor", TEXT, "human or system.", True, OPERATIONAL),
        Field("confidence", TEXT, "verified or unverified.", True, OPERATIONAL),
        Field("reason", TEXT, "Why, in the reviewer's words.", True, DIRECT),
        Field("decided_on", DATE, "Day of the decision.", True, OPERATIONAL),
        Field(
            "expires_on",
            DATE,
            "First day on which it no longer holds, against the newest extract; NULL: it holds for good.",
            False,
            OPERATIONAL,
        ),
        Field("source_file", TEXT, "Reviewed file that it came in.", True, OPERATIONAL),
    ),
    checks={"ordered": "record_id_l < record_id_r", "kind_known": "kind IN ('must', 'cannot')"},
)

PERSON_SPINE = Table(
    zone=Zone.SPINE,
    name="person_spine",
    grain="the person of one record",
    key=("record_id",),
    fields=(
        RECORD_ID,
        SOURCE,
        Field("person_id", TEXT, "Person at the medium threshold; random-looking, kept over versions.", True, TOKEN),
        Field("person_id_high", TEXT, "Person at the high threshold; lies inside person_id.", True, TOKEN),
        Field("person_id_low", TEXT, "Person at the low threshold; contains person_id.", True, TOKEN),
        Field(
            "link_status", TEXT, "linked, single, insufficient_evidence, organisation, masked, local_authority, deleted.", True, OPERATIONAL
        ),
        Field("best_match_weight", REAL, "Largest weight of an edge of this record inside its medium cluster, bits.", False, OPERATIONAL),
        Field("weakest_link_weight", REAL, "Smallest weight of the links that merged its medium cluster, bits.", False, OPERATIONAL),
        Field("cluster_size", LONG, "Records of the person at the medium threshold.", True, OPERATIONAL),
        Field("evidence_kinds", INT, "Independent kinds of evidence that it shares with another record of the person.", True, OPERATIONAL),
        Field("flag_bridge", FLAG, "Without this record its person falls apart.", True, OPERATIONAL),
        Field("flag_attached", FLAG, "Joined as a fragment, by the mean of its best weights.", True, OPERATIONAL),
        Field(
            "flag_conflict", FLAG, "A decision or the twins rule keeps the person from another one that the edges join.", True, OPERATIONAL
        ),
        Field(
            "flag_held",
            FLAG,
            "Register numbers, ages, years of birth, other namesakes, size or identities keep it from another one: for review.",
            True,
            OPERATIONAL,
        ),
        Field("flag_overridden", FLAG, "A decision in pair_override names the record.", True, OPERATIONAL),
        Field("linkability", TEXT, "sufficient or insufficient, from the record.", True, OPERATIONAL),
    ),
)

PERSON_LINEAGE = Table(
    zone=Zone.SPINE,
    name="person_lineage",
    grain="one record whose person changed at one threshold",
    key=("record_id", "threshold", "spine_version"),
    fields=(
        RECORD_ID,
        Field("threshold", TEXT, "high, medium or low.", True, OPERATIONAL),
        Field("spine_version", LONG, "Version of the spine that the change made.", True, OPERATIONAL),
        Field("from_person_id", TEXT, "Person before; NULL for a new record.", False, TOKEN),
        Field("to_person_id", TEXT, "Person after; NULL for a record that left.", False, TOKEN),
        Field("change", TEXT, "create, move, merge, split or retire.", True, OPERATIONAL),
        Field(
            "reason",
            TEXT,
            "new_record, deleted_record, changed_record, override, new_model, or new_evidence: other records or edges changed.",
            True,
            OPERATIONAL,
        ),
        Field(
            "deciding_record_id",
            TEXT,
            "Other end of the strongest edge that holds the record in its person now; NULL without one.",
            False,
            TOKEN,
        ),
        Field("deciding_weight", REAL, "Weight of that edge, bits.", False, OPERATIONAL),
    ),
    partitioned_by=("spine_version",),
    checks={"threshold_known": "threshold IN ('high', 'medium', 'low')"},
)

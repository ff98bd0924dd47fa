"""Every fixed table. Tables of ``raw`` and ``truth`` that follow a source come from functions of their modules."""

from docketlink.contracts.arrivals import RECEIVED_FILE, REJECTED_ROW
from docketlink.contracts.events import COVERAGE_CALENDAR, PERSON_EVENT
from docketlink.contracts.links import BLOCK_SUMMARY, LINK_MODEL, SCORED_EDGE, TERM_FREQUENCY
from docketlink.contracts.measures import LINKAGE_METRIC, RECONCILIATION, SOURCE_QUALITY
from docketlink.contracts.records import COURT_EVENT, PERSON_RECORD, RECORD_ATTRIBUTE
from docketlink.contracts.research import RESEARCH_TABLES
from docketlink.contracts.runs import RUN_MANIFEST
from docketlink.contracts.spine import CLUSTER_ALERT, PAIR_OVERRIDE, PERSON_CLUSTER, PERSON_LINEAGE, PERSON_SPINE
from docketlink.contracts.table import Table
from docketlink.contracts.truth import CASE_LINK, LIFE_EVENT, TRUE_PERSON

FIXED_TABLES: tuple[Table, ...] = (
    REJECTED_ROW,
    RECEIVED_FILE,
    PERSON_RECORD,
    LINK_MODEL,
    TERM_FREQUENCY,
    SCORED_EDGE,
    BLOCK_SUMMARY,
    PERSON_CLUSTER,
    CLUSTER_ALERT,
    PAIR_OVERRIDE,
    RECORD_ATTRIBUTE,
    COURT_EVENT,
    PERSON_SPINE,
    PERSON_LINEAGE,
    PERSON_EVENT,
    COVERAGE_CALENDAR,
    SOURCE_QUALITY,
    RECONCILIATION,
    LINKAGE_METRIC,
    TRUE_PERSON,
    LIFE_EVENT,
    CASE_LINK,
    RUN_MANIFEST,
    *RESEARCH_TABLES,
)

"""Standardise records: from the latest extract of every source to comparable people, and apart from them their events.

Reads   raw.<source>_<table>      what arrived, as text
Writes  identity.person_record    one linking node of one source, made comparable
        payload.record_attribute  what linking may not see: sex, ethnicity, age band, area
        payload.court_event       one event of one record, without identifiers
"""

import sys
from functools import partial

from docketlink.config.source import SourceConfig
from docketlink.contracts.records import COURT_EVENT, PERSON_RECORD, RECORD_ATTRIBUTE
from docketlink.disclosure.tokens import record_tokens
from docketlink.runtime.extracts import latest_extract
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.retired import drop_retired
from docketlink.transforms.court_event import court_events
from docketlink.transforms.nodes import Raw, orphans
from docketlink.transforms.person_record import crowded_postcodes, nodes, person_records, record_attributes
from docketlink.transforms.standing import is_made, standing


def run(job: Job) -> None:
    """Each source replaces its own slice of the three tables; those of retired sources go."""
    tokens = record_tokens(job.keys)
    drop_retired(job, PERSON_RECORD, RECORD_ATTRIBUTE, COURT_EVENT)

    def standardise(source: SourceConfig) -> None:
        snapshot_date, arrived = latest_extract(job, source)
        slice_ = {"source": source.source}
        raw = {name: job.hold(frame) if is_made(name, source) else frame for name, frame in standing(arrived, source).items()}
        crowded = crowded_postcodes(raw, source, snapshot_date=snapshot_date, tokens=tokens).collect()  # a row for 200 people at least
        hot = {*job.config.settings.hot_postcodes, *(row.postcode for row in crowded)}
        node = nodes(raw, source, snapshot_date=snapshot_date, tokens=tokens, hot_postcodes=hot)
        node = job.hold(node)
        job.together(
            partial(count_orphans, source, raw),
            partial(job.write, PERSON_RECORD, person_records(node, source, snapshot_date=snapshot_date), where=slice_, at_rest=True),
            partial(job.write, RECORD_ATTRIBUTE, record_attributes(node, source), where=slice_, at_rest=True),
            partial(job.write, COURT_EVENT, court_events(raw, source, tokens=tokens), where=slice_, allow_empty=True),
        )

    def count_orphans(source: SourceConfig, raw: Raw) -> None:
        without_node = {
            row["table"]: row["count"] for row in orphans(raw, source, tokens).groupBy("table").count().collect()
        }  # a row a table
        job.count(set_aside=sum(without_node.values()))
        if without_node:
            job.log.warning("rows_without_a_record", source=source.source, rows=without_node)

    job.together(*(partial(standardise, source) for source in job.sources))


if __name__ == "__main__":
    sys.exit(main(run))

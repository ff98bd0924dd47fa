"""Standardise records: from the latest extract of every source to comparable people, and apart from them their events.

Reads   raw.<source>_<table>      what arrived, as text
Writes  identity.person_record    one linking node of one source, made comparable
        payload.record_attribute  what linking may not see: sex, ethnicity, age band, area
        payload.court_event       one event of one record, without identifiers
"""

import sys
from functools import partial

from docketlink.config.source import SourceConfig
from docketlink.contracts.tables import COURT_EVENT, PERSON_RECORD, RECORD_ATTRIBUTE
from docketlink.disclosure.tokens import tokeniser
from docketlink.runtime.extracts import latest_extract
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.retired import drop_retired
from docketlink.transforms.attributes import record_attributes
from docketlink.transforms.court_event import court_events
from docketlink.transforms.nodes import orphans
from docketlink.transforms.person_record import standardise_records


def run(job: Job) -> None:
    """Each source replaces its own slice of the three tables; those of retired sources go."""
    with_tokens = tokeniser(job.keys)
    drop_retired(job, PERSON_RECORD, RECORD_ATTRIBUTE, COURT_EVENT)

    def standardise(source: SourceConfig) -> None:
        snapshot_date, raw = latest_extract(job, source)
        slice_ = {"source": source.source}
        without_node = {row["table"]: row["count"] for row in orphans(raw, source).groupBy("table").count().collect()}  # a row a table
        job.count(set_aside=sum(without_node.values()))
        if without_node:
            job.log.warning("rows_without_a_record", source=source.source, **without_node)
        records = standardise_records(raw, source, snapshot_date=snapshot_date, with_tokens=with_tokens)
        attributes = record_attributes(raw, source, snapshot_date=snapshot_date, with_tokens=with_tokens)
        events = court_events(raw, source, with_tokens=with_tokens)
        job.together(
            partial(job.write, PERSON_RECORD, records, where=slice_),
            partial(job.write, RECORD_ATTRIBUTE, attributes, where=slice_),
            partial(job.write, COURT_EVENT, events, where=slice_, allow_empty=True),
        )

    job.together(*(partial(standardise, source) for source in job.sources))


if __name__ == "__main__":
    sys.exit(main(run))

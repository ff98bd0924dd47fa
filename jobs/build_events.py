"""Build events: every event of a record becomes an event of its person.

Reads   payload.court_event       one event of one record
        payload.record_attribute  the band of the year of birth
        raw.received_file         the snapshots, to flag dates after them
        spine.person_spine        the person of one record
        spine.person_lineage      the version that gave it this person
Writes  research.person_event     one contact of one person with one system
        quality.event_account     how the events of a source came to a person, or did not
"""

import sys
from functools import partial

from docketlink.contracts.arrivals import RECEIVED_FILE
from docketlink.contracts.events import PERSON_EVENT
from docketlink.contracts.records import COURT_EVENT, RECORD_ATTRIBUTE
from docketlink.contracts.research import EVENT_ACCOUNT
from docketlink.contracts.spine import PERSON_LINEAGE, PERSON_SPINE
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.transforms.person_event import event_account, person_events


def run(job: Job) -> None:
    """As many rows as payload events of records in the spine: each record has exactly one person."""
    event, spine = job.read(COURT_EVENT), job.read(PERSON_SPINE)
    systems = {source.source: source.system for source in job.sources}
    made = person_events(event, spine, job.read(PERSON_LINEAGE), job.read(RECORD_ATTRIBUTE), job.read(RECEIVED_FILE), systems)
    job.together(
        partial(job.write, PERSON_EVENT, made, allow_empty=True),
        partial(job.write, EVENT_ACCOUNT, event_account(event, spine), allow_empty=True),
    )


if __name__ == "__main__":
    sys.exit(main(run))

"""Build events: every event of a record becomes an event of its person.

Reads   payload.court_event     one event of one record
        spine.person_spine      the person of one record
Writes  research.person_event   one contact of one person with one system
"""

import sys

from docketlink.contracts.tables import COURT_EVENT, PERSON_EVENT, PERSON_SPINE
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.transforms.person_event import person_events


def run(job: Job) -> None:
    """As many rows as payload events: each record has exactly one person."""
    job.write(PERSON_EVENT, person_events(job.read(COURT_EVENT), job.read(PERSON_SPINE)), allow_empty=True)


if __name__ == "__main__":
    sys.exit(main(run))

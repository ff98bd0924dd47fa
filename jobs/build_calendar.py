"""Build calendar: which source covers which area in which month, so that absence is not taken for desistance.

Reads   payload.court_event         one event of one record
        raw.received_file           what each file held, for the date of the latest snapshot
Writes  research.coverage_calendar  a source in an area in a month: coverage, events, events expected
"""

import sys

from docketlink.contracts.arrivals import RECEIVED_FILE
from docketlink.contracts.events import COVERAGE_CALENDAR
from docketlink.contracts.records import COURT_EVENT
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.transforms.coverage_calendar import coverage_calendar


def run(job: Job) -> None:
    """No calendar where no source declares a coverage."""
    silent = [source.source for source in job.sources if source.coverage is None]
    if silent:
        job.log.warning("no_coverage_declared", sources=silent)
    if len(silent) < len(job.sources):
        calendar = coverage_calendar(job.read(COURT_EVENT), job.read(RECEIVED_FILE), job.sources)
        job.write(COVERAGE_CALENDAR, calendar, allow_empty=True)


if __name__ == "__main__":
    sys.exit(main(run))

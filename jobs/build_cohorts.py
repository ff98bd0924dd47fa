"""Build cohorts: people by their first contact in a window, as the designs of conf/products say.

Reads   research.person_event       one contact of one person with one system
        research.coverage_calendar  a source in an area in a month
        raw.received_file           the snapshots
Writes  research.cohort_starter     a person's first contact in the window of one design
"""

import sys

from docketlink.contracts.arrivals import RECEIVED_FILE
from docketlink.contracts.events import COVERAGE_CALENDAR, PERSON_EVENT
from docketlink.contracts.research import COHORT_STARTER
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.observed import systems_of_sources
from docketlink.transforms.cohort_starter import cohort_starters
from docketlink.transforms.observation import observation_end


def run(job: Job) -> None:
    """Each design replaces its own slice; those of designs that are gone go. No cohort without a calendar."""
    if not job.config.cohorts or not job.state(COVERAGE_CALENDAR):
        job.log.info("no_cohorts", designs=len(job.config.cohorts))
        return
    event, calendar = job.read(PERSON_EVENT), job.read(COVERAGE_CALENDAR)
    observed = observation_end(job.read(RECEIVED_FILE), calendar)
    system_of = systems_of_sources(job)
    job.drop_others(COHORT_STARTER, "design", list(job.config.cohorts))
    for name, design in job.config.cohorts.items():
        starters = cohort_starters(event, calendar, observed, system_of, design)
        job.write(COHORT_STARTER, starters, where={"design": name}, allow_empty=True)


if __name__ == "__main__":
    sys.exit(main(run))

"""Build panels: where a person is and what happens to them, month by month and year by year.

Reads   research.person_event       one contact of one person with one system
        research.person_spell       a stretch of custody, remand, recall, licence, supervision or requirements
        research.coverage_calendar  a source in an area in a month
        raw.received_file           the snapshots
Writes  research.person_month       a person in a month
        research.person_year        a person in a year
"""

import sys

from docketlink.contracts.arrivals import RECEIVED_FILE
from docketlink.contracts.events import COVERAGE_CALENDAR, PERSON_EVENT
from docketlink.contracts.research import PERSON_MONTH, PERSON_SPELL, PERSON_YEAR
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.observed import last_observed, systems_of_sources, watched
from docketlink.transforms.observation import observation_end
from docketlink.transforms.person_panel import covered_areas, panel_facts, person_months, person_years


def run(job: Job) -> None:
    """No panel without a calendar: it could not tell nothing from nobody looking."""
    if not job.state(COVERAGE_CALENDAR):
        job.log.warning("no_panels", because="no source declares a coverage")
        return
    calendar = job.read(COVERAGE_CALENDAR)
    observed = observation_end(job.read(RECEIVED_FILE), calendar)
    system_of = systems_of_sources(job)
    last_day = last_observed(observed)
    coverage = watched(covered_areas(calendar, system_of), last_day)
    area = job.spark.createDataFrame([*coverage.areas.items()], "area_code string, area int")
    facts = job.hold(panel_facts(job.read(PERSON_EVENT), job.read(PERSON_SPELL), observed, area))
    # a person is in one partition and has each period once, so the key needs no audit; of the facts the rows are cheap to make twice
    for table, build in ((PERSON_MONTH, person_months), (PERSON_YEAR, person_years)):
        job.write(table, build(facts, coverage, last_day), allow_empty=True, audit=False, at_rest=True)


if __name__ == "__main__":
    sys.exit(main(run))

"""Build spells: from what happened to a person to the stretches of custody and supervision that it opened and closed.

Reads   research.person_event       one contact of one person with one system
        research.coverage_calendar  up to when a source covers anything
        raw.received_file           the snapshots, at which open spells are censored
Writes  research.person_spell       a stretch of custody, remand, recall, licence, supervision or requirements
        research.spell_set_aside    an event that would open a spell and cannot
"""

import sys
from functools import partial

from docketlink.contracts.arrivals import RECEIVED_FILE
from docketlink.contracts.events import COVERAGE_CALENDAR, PERSON_EVENT
from docketlink.contracts.research import PERSON_SPELL, SPELL_SET_ASIDE
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.transforms.observation import observation_end
from docketlink.transforms.person_spell import person_spells


def run(job: Job) -> None:
    """Every opening event is in one spell or set aside; sources without custody or supervision give no rows."""
    calendar = job.read(COVERAGE_CALENDAR) if job.state(COVERAGE_CALENDAR) else None
    spells = person_spells(job.read(PERSON_EVENT), observation_end(job.read(RECEIVED_FILE), calendar))
    job.together(
        partial(job.write, PERSON_SPELL, spells.person_spell, allow_empty=True),
        partial(job.write, SPELL_SET_ASIDE, spells.set_aside, allow_empty=True),
    )


if __name__ == "__main__":
    sys.exit(main(run))

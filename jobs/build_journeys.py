"""Build journeys: magistrates' case-defendants and the Crown Court cases that they became.

Reads   research.person_event     one contact of one person with one system
        payload.record_attribute  sex and the band of the year of birth, to tell co-defendants apart
Writes  research.case_journey     a magistrates' case-defendant and the Crown case it became
"""

import sys

from docketlink.contracts.events import PERSON_EVENT
from docketlink.contracts.records import RECORD_ATTRIBUTE
from docketlink.contracts.research import CASE_JOURNEY
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.transforms.case_journey import case_journeys


def run(job: Job) -> None:
    """Where no source takes cases up, everybody who was sent has the rule none; where none sends, the table is empty."""
    tiers = {tier: [source.source for source in job.sources if source.tier == tier] for tier in ("lower", "upper", "both")}
    journeys = case_journeys(job.read(PERSON_EVENT), job.read(RECORD_ATTRIBUTE), **tiers)
    job.write(CASE_JOURNEY, journeys, allow_empty=True)


if __name__ == "__main__":
    sys.exit(main(run))

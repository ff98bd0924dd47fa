"""Evaluate histories: headlines of the longitudinal tables at every threshold beside the true ones, and how right journeys are.

Reads   research.person_event  one contact of one person with one system
        research.person_spell  a stretch of custody, for the time inside
        research.case_journey  a magistrates' case-defendant and the Crown case it became
        truth.<source>         the true person of one record
        truth.life_event       when true people were inside
        truth.case_link        which Crown record continues a magistrates' one
Writes  quality.headline       a headline at one level
"""

import sys
from functools import reduce

from docketlink.contracts.events import PERSON_EVENT
from docketlink.contracts.research import CASE_JOURNEY, HEADLINE, PERSON_SPELL
from docketlink.contracts.truth import CASE_LINK, LIFE_EVENT, truth_table
from docketlink.quality.headlines import custody_time, headlines, journey_metrics
from docketlink.runtime.job import Job
from docketlink.runtime.main import main


def run(job: Job) -> None:
    """No headline where no source has truth."""
    known = [table for source in job.sources if job.state(table := truth_table(source.source))]
    if not known:
        job.log.info("no_truth", sources=len(job.sources))
        return
    event = job.read(PERSON_EVENT)
    made = headlines(event, reduce(lambda a, b: a.unionByName(b), map(job.read, known)))
    if job.state(CASE_JOURNEY) and job.state(CASE_LINK):
        made = made.unionByName(journey_metrics(job.read(CASE_JOURNEY), job.read(CASE_LINK), event))
    if job.state(PERSON_SPELL) and job.state(LIFE_EVENT):
        made = made.unionByName(custody_time(job.read(PERSON_SPELL), job.read(LIFE_EVENT)))
    job.write(HEADLINE, made, allow_empty=True)


if __name__ == "__main__":
    sys.exit(main(run))

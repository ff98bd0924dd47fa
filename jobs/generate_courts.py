"""Generate courts: landing files of a synthetic court system, and beside them who is who.

Writes  truth.<source>     the true person of one record
        truth.true_person  who a true person is, for measures of fairness
        truth.life_event   what happened to a true person
        truth.case_link    a magistrates' row and the row of another system that is the same case and defendant
"""

import sys

from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.synthetic import land_courts


def run(job: Job) -> None:
    """The same seed and size give the same bytes."""
    land_courts(job)


if __name__ == "__main__":
    sys.exit(main(run))

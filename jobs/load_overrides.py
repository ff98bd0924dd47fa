"""Load overrides: reviewers' files become decisions on pairs, or are refused with every fault.

Files   linkage.overrides       folder of CSV files; see docs/spine.md
Reads   identity.person_record  one linking node of one source
Writes  identity.pair_override  a reviewer's decision on a pair
"""

import sys

from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import PAIR_OVERRIDE
from docketlink.runtime.decisions import decided_pairs, decision_files, files_hash
from docketlink.runtime.job import Job
from docketlink.runtime.main import main


def run(job: Job) -> None:
    """Without a folder nothing is done, and what was decided before holds; an empty folder withdraws every decision."""
    folder = job.config.settings.linkage.overrides
    if folder is None:
        job.log.info("no_overrides", because="linkage.overrides names no folder; decisions loaded before still hold")
        return
    files = decision_files(folder)
    decided = decided_pairs(job, files, job.read(PERSON_RECORD))
    job.write(PAIR_OVERRIDE, decided, inputs=files_hash(files), allow_empty=True)


if __name__ == "__main__":
    sys.exit(main(run))

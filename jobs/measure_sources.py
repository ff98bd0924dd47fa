"""Measure sources: what the columns of every loaded snapshot hold, and an account of its records by month and area.

Reads   raw.<source>_<table>    what arrived, as text
        raw.rejected_row        one reason why one record was set aside
        raw.received_file       what each file held
        quality.source_quality  for the warnings: codes that no list knows
        quality.reconciliation  to compare with the files
Writes  quality.source_quality  a column of a received table in a year and area: missing, placeholder, invalid, unmapped, set aside
        quality.reconciliation  a month and area of a received table: received = accepted + set aside
"""

import sys
from functools import partial

from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.runtime.measures import measure_source


def run(job: Job) -> None:
    """A snapshot that was measured before is not measured again."""
    job.together(*(partial(measure_source, job, source) for source in job.sources))


if __name__ == "__main__":
    sys.exit(main(run))

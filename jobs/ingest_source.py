"""Ingest source: landed files become raw tables, record by record, with an account of every file.

Reads   raw.received_file      what each file held, for the counts of the run
Writes  truth.<source>         the true person of one record, where the source's YAML names such a column
        raw.received_file      one received file: received = accepted + rejected
        raw.rejected_row       one reason why one record was set aside
        raw.<source>_<table>   what arrived, as text
"""

import sys

from docketlink.errors import SourceError
from docketlink.runtime.deliveries import load_delivery
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.sources.landing import find_deliveries


def run(job: Job) -> None:
    """A source whose delivery cannot be used keeps its tables as they are; the others go on, then the job ends with the faults."""
    stopped: list[SourceError] = []
    for source in job.sources:
        try:
            for delivery in find_deliveries(job.config.settings.landing, source):
                load_delivery(job, source, delivery)
        except SourceError as error:
            job.log.error("source_stopped", source=source.source, faults=len(error.faults))
            stopped.append(error)
    if stopped:
        raise SourceError(", ".join(error.source for error in stopped), [fault for error in stopped for fault in error.faults])


if __name__ == "__main__":
    sys.exit(main(run))

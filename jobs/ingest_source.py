"""Ingest source: landed files become raw tables, record by record, with an account of every file.

Reads   raw.received_file      what each file held, for the counts of the run
Writes  truth.<source>         the true person of one record, where the source's YAML names such a column
        raw.received_file      one received file: received = accepted + rejected
        raw.rejected_row       one reason why one record was set aside
        raw.<source>_<table>   what arrived, as text
"""

import sys
from functools import partial

from docketlink.config.source import SourceConfig
from docketlink.errors import SourceError
from docketlink.runtime.deliveries import load_delivery
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.sources.landing import find_deliveries


def run(job: Job) -> None:
    """A source whose delivery cannot be used keeps its tables as they are; the others go on, then the job ends with the faults."""
    stopped: dict[str, SourceError] = {}

    def load(source: SourceConfig) -> None:
        try:
            for delivery in find_deliveries(job.config.settings.landing, source):
                load_delivery(job, source, delivery)
        except SourceError as error:
            job.log.error("source_stopped", source=source.source, faults=len(error.faults))
            stopped[source.source] = error

    job.together(*(partial(load, source) for source in job.sources))
    if stopped:
        raise SourceError(", ".join(sorted(stopped)), [fault for name in sorted(stopped) for fault in stopped[name].faults])


if __name__ == "__main__":
    sys.exit(main(run))

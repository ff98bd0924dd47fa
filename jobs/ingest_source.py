"""Ingest source: landed files become raw tables, record by record, with an account of every file.

Reads   raw.received_file      what each file held, for the counts of the run and to know what was loaded before
        raw.<source>_<table>   the snapshot before, which a new one is held against
Writes  truth.<source>         the true person of one record, where the source's YAML names such a column
        raw.received_file      one received file: received = accepted + rejected
        raw.rejected_row       one reason why one record was set aside
        raw.<source>_<table>   what arrived, as text
"""

import sys
from functools import partial

from docketlink.config.source import SourceConfig
from docketlink.errors import SourceError
from docketlink.runtime.deliveries import load_deliveries
from docketlink.runtime.extracts import deliveries_to_load, drop_old_extracts
from docketlink.runtime.holds import stopped_sources
from docketlink.runtime.job import Job
from docketlink.runtime.main import main
from docketlink.sources.landing import find_deliveries


def run(job: Job) -> None:
    """A source whose delivery cannot be used, or is held, keeps its tables; the others go on, then the job ends with the faults."""
    stopped: dict[str, SourceError] = {}

    def load(source: SourceConfig) -> None:
        try:
            load_deliveries(job, source, deliveries_to_load(job, source, find_deliveries(job.config.settings.landing, source)))
            drop_old_extracts(job, source)
        except SourceError as error:
            job.log.error("source_stopped", source=source.source, faults=len(error.faults))
            stopped[source.source] = error

    job.together(*(partial(load, source) for source in job.sources))
    if stopped:
        raise stopped_sources(stopped)


if __name__ == "__main__":
    sys.exit(main(run))

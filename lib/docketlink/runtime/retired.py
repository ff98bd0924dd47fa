"""Sources that a run does not load: their people would stay in the spine, cut loose from everybody's."""

from docketlink.contracts import Table
from docketlink.errors import ConfigError
from docketlink.runtime.job import Job


def drop_retired(job: Job, *tables: Table) -> None:
    """Removes what ``tables`` hold of sources that ``retired_sources`` names.

    Raises ConfigError when they hold a source that is neither loaded nor retired: leaving it out may be a slip.
    """
    loaded = [source.source for source in job.sources]
    forgotten = {name for table in tables for name in job.held(table, "source")} - {*loaded, *job.config.settings.retired_sources}
    if forgotten:
        raise ConfigError(
            f"the tables hold records of {', '.join(sorted(forgotten))}, which sources does not name.",
            next_step="add it to sources, or to retired_sources if its records are to leave the spine.",
        )
    for table in tables:
        job.drop_others(table, "source", loaded)

"""Runs jobs one after another in one application and says what each did."""

from collections.abc import Sequence
from types import ModuleType

from docketlink.errors import ConfigError
from docketlink.runtime.job import Job, Tally
from docketlink.runtime.main import declaration_of, run_job


def run_stages(pipeline: Job, stages: Sequence[ModuleType]) -> list[Tally]:
    """What each stage did, in order, from ``pipeline.start`` to ``pipeline.stop`` of the configuration.

    A stage whose inputs, code and configuration are those of its last run is skipped and says so. The first error ends the
    run: nothing downstream of it publishes.
    """
    names = [stage.__name__.rpartition(".")[2] for stage in stages]
    chosen = pipeline.config.settings.pipeline
    for key, name in (("start", chosen.start), ("stop", chosen.stop)):
        if name is not None and name not in names:
            raise ConfigError(f"pipeline.{key}: there is no stage '{name}'.", next_step=f"choose one of {', '.join(names)}.")
    first = names.index(chosen.start) if chosen.start else 0
    last = names.index(chosen.stop) if chosen.stop else len(names) - 1
    if last < first:
        raise ConfigError(f"pipeline.stop: {names[last]} comes before {names[first]}.", next_step="name a later stage, or none.")
    tallies = []
    for position, stage in enumerate(stages[first : last + 1], start=first + 1):
        job = Job(declaration_of(stage.run), pipeline.run_id, pipeline.config, pipeline.spark)
        job.log.info("stage", number=f"{position}/{len(stages)}", does=job.declaration.summary)
        tallies.append(run_job(stage.run, job))
    return tallies

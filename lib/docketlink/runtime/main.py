"""Turns a function into a job: arguments, configuration, session, manifest, errors and exit code."""

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click
import structlog

from docketlink.config.load import Configuration, load
from docketlink.disclosure.keys import Keys
from docketlink.errors import ConfigError, DocketlinkError
from docketlink.linkage.engine import require_session, session_jars
from docketlink.runtime.declaration import Declaration
from docketlink.runtime.job import Job, Run, Tally
from docketlink.runtime.logs import configure_logs
from docketlink.runtime.session import open_session

DEFAULT_CONFIG = "conf/base.yml"
Command = TypeVar("Command", bound=Callable[..., int])


def main(run: Run, arguments: Sequence[str] | None = None, *, shortcuts: Mapping[str, str] | None = None) -> int:
    """Runs a job as a command and returns its exit code: 0 done, 2 configuration, 3 contract or data, 4 gate refused, 1 other.

    ``shortcuts`` are further options, each for one setting: ``{"--backend": "linkage.train_with"}``.

    The configuration is checked before Spark starts. A DocketlinkError ends as one log line; anything else as a traceback,
    without its messages where the data are real, because Spark quotes values in them.
    """
    declaration = declaration_of(run)

    @click.command(name=declaration.job, help=_help(inspect.getmodule(run).__doc__ or ""))
    @click.option("--config", "configs", multiple=True, metavar="FILE", help=f"YAML file; later ones win. [default: {DEFAULT_CONFIG}]")
    @click.option("--set", "assignments", multiple=True, metavar="A.B=C", help="One setting; wins over every file.")
    @click.option("--run-id", default="", help="Label of the run. [default: the time, UTC]")
    @click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Log lines for people or for machines.")
    @_shortcuts(shortcuts or {})
    def command(configs: tuple[str, ...], assignments: tuple[str, ...], run_id: str, log_format: str, **given: str | None) -> int:
        configure_logs("json" if log_format == "json" else "text")
        said = [f"{path}={given[_parameter(option)]}" for option, path in (shortcuts or {}).items() if given[_parameter(option)]]
        config = load(*(configs or (DEFAULT_CONFIG,)), assignments=[*assignments, *said])
        Keys.load(config.settings.keys, config.settings.data)  # a missing or forbidden key is said before anything is read
        label = run_id or datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        structlog.contextvars.bind_contextvars(run=label)
        structlog.get_logger().info("starting_spark", job=declaration.job, waits_for="the Java virtual machine, and Delta's jars at first")
        linkage = config.settings.linkage
        spark = open_session(config.settings.spark, config.folder, jars=session_jars(linkage))
        require_session(spark, linkage)
        try:
            run_job(run, Job(declaration, label, config, spark))
        except DocketlinkError:
            raise
        except Exception:
            _report_crash(config)
            return 1
        return 0

    try:
        return int(command.main(args=list(arguments) if arguments is not None else None, standalone_mode=False) or 0)
    except DocketlinkError as error:
        structlog.get_logger().error("job_refused", job=declaration.job, kind=type(error).__name__, exit_code=error.exit_code)
        sys.stderr.write(f"\n{error}\n")
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return ConfigError.exit_code


def _shortcuts(shortcuts: Mapping[str, str]) -> Callable[[Command], Command]:
    def decorated(command: Command) -> Command:
        for option, path in shortcuts.items():
            command = click.option(option, _parameter(option), metavar="VALUE", help=f"Short for --set {path}=VALUE.")(command)
        return command

    return decorated


def _parameter(option: str) -> str:
    return option.strip("-").replace("-", "_")


def run_job(run: Run, job: Job) -> Tally:
    """Runs one job unless its last run already did the same, and returns what it did."""
    with job:
        if job.done_before():
            job.log.info("unchanged", because="same inputs, code and configuration")
        else:
            job.spark.sparkContext.setJobDescription(f"job: {job.declaration.job}") if hasattr(job.spark, "sparkContext") else None
            run(job)
    return job.tally


def declaration_of(run: Run) -> Declaration:
    """What a job's docstring declares; the job is named after its file."""
    module = inspect.getmodule(run)
    if module is None or module.__file__ is None:
        raise ConfigError("a job must be a function of a file in jobs/.")
    return Declaration.of(Path(module.__file__).stem, module.__doc__, inspect.getsource(module))


def _help(docstring: str) -> str:
    """The docstring with its *Reads / Writes* paragraph kept as it stands (click joins lines otherwise)."""
    return "\n\n".join(f"\b\n{part}" if part.startswith(("Reads", "Writes", "Runs")) else part for part in docstring.split("\n\n"))


def _report_crash(config: Configuration) -> None:
    if config.settings.data != "real" or os.environ.get("DOCKETLINK_SHOW_MESSAGES"):
        traceback.print_exc()
        return
    kind, _, trace = sys.exc_info()
    frames = "".join(traceback.format_tb(trace))
    name = kind.__name__ if kind else "error"
    sys.stderr.write(f"{frames}{name} (message withheld: it may quote a person; DOCKETLINK_SHOW_MESSAGES=1 shows it)\n")

"""The ``docketlink`` command, for people: is the machine ready, what ran, what do the tables hold."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from docketlink import __version__
from docketlink.config.load import Configuration, load
from docketlink.contracts.catalogue import tables_markdown
from docketlink.contracts.links import LINK_MODEL
from docketlink.contracts.runs import RUN_MANIFEST
from docketlink.contracts.tables import FIXED_TABLES
from docketlink.errors import ConfigError, DocketlinkError, StorageError
from docketlink.runtime.artefacts import export_model
from docketlink.runtime.doctor import examine
from docketlink.runtime.explain import review_pair, save_page
from docketlink.runtime.logs import configure_logs
from docketlink.runtime.models import stage_rule_worths
from docketlink.runtime.moved import what_moved
from docketlink.runtime.person import person_lines, person_of
from docketlink.runtime.person_page import person_page
from docketlink.runtime.report import repeat_users_report
from docketlink.runtime.review import export_alerts, export_edges
from docketlink.runtime.session import open_session
from docketlink.sources.contracts import source_tables
from docketlink.storage.lake import Lake


def _configured(command: Callable[..., int]) -> Callable[..., Any]:
    """Adds --config and --set, loads the configuration and turns errors into exit codes."""

    @click.option("--config", "configs", multiple=True, default=("conf/demo.yml",), show_default=True, metavar="FILE", help="YAML file.")
    @click.option("--set", "assignments", multiple=True, metavar="A.B=C", help="One setting; wins over every file.")
    @wraps(command)
    def with_configuration(configs: tuple[str, ...], assignments: tuple[str, ...], **options: Any) -> None:
        configure_logs()
        try:
            code = command(load(*configs, assignments=assignments), **options)
        except DocketlinkError as error:
            click.echo(str(error), err=True)
            code = error.exit_code
        sys.exit(code)

    return with_configuration


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Link the people in justice records; these commands show how things stand."""


@main.command()
@_configured
def doctor(config: Configuration) -> int:
    """Is this machine ready? Java, jars, memory, write permission, versions."""
    findings = examine(config)
    for finding in findings:
        click.echo(f"{'ok ' if finding.ok else 'NO '} {finding.subject:<18} {finding.found}")
        if not finding.ok:
            click.echo(f"    {finding.next_step}")
    return 0 if all(finding.ok for finding in findings) else 1


@main.command()
@click.option("--runs", default=3, show_default=True, help="How many of the last runs.")
@_configured
def status(config: Configuration, runs: int) -> int:
    """What the last runs wrote."""
    spark = open_session(config.settings.spark, config.folder)
    lake = Lake(spark, config.settings.storage)
    if not lake.exists(RUN_MANIFEST):
        click.echo(f"No run has written to {config.settings.storage.root} yet.")
        return 0
    rows = lake.read(RUN_MANIFEST).select("run_id", "job", "table", "slice", "changed", "rows", "delta_version", "finished_at").collect()
    newest = sorted({(row.run_id): row.finished_at for row in sorted(rows, key=lambda r: r.finished_at)}.items(), key=lambda i: i[1])
    for run_id, _ in newest[-runs:]:
        click.echo(f"\nrun {run_id}")
        for row in sorted((r for r in rows if r.run_id == run_id), key=lambda r: (r.finished_at, r.table, r.slice)):
            what = f"version {row.delta_version}" if row.changed else "unchanged"
            click.echo(f"  {row.job:<20} {row.table:<36} {row.slice:<44} {row.rows:>12,} rows  {what}")
    return 0


@main.command()
@click.option("--markdown", is_flag=True, help="Print docs/tables.md instead: what every table promises.")
@_configured
def tables(config: Configuration, markdown: bool) -> int:
    """What each table holds now."""
    if markdown:
        click.echo(tables_markdown(FIXED_TABLES), nl=False)
        return 0
    spark = open_session(config.settings.spark, config.folder)
    lake = Lake(spark, config.settings.storage)
    click.echo(f"{'table':<40}{'version':>9}{'rows':>14}  content hash")
    for table in [*FIXED_TABLES, *source_tables(config.sources.values())]:
        state = lake.state(table)
        held = f"{state.delta_version:>9}{state.rows:>14,}  {state.content_hash}" if state else f"{'-':>9}{'-':>14}"
        click.echo(f"{table.full_name:<40}{held}")
    return 0


@main.command()
@click.argument("record_a")
@click.argument("record_b")
@click.option("--html", default=None, metavar="FILE", help="Where Splink's chart goes. [default: build/explain/<left>-<right>.html]")
@click.option("--hide-values", is_flag=True, help="Levels and weights only: no value of the two records, in the chart neither.")
@_configured
def explain(config: Configuration, record_a: str, record_b: str, html: str | None, hide_values: bool) -> int:
    """Why two records are an edge, or are not. Shows what the identity zone holds of them; the use is logged."""
    spark = open_session(config.settings.spark, config.folder)
    review = review_pair(config, spark, record_a, record_b, hide=hide_values)
    for line in review.lines:
        click.echo(line)
    if review.page:
        left, right = sorted((record_a, record_b))
        file = Path(html or f"build/explain/{left}-{right}.html")
        save_page(review.page, file)
        click.echo(f"Chart: {file}")
    return 0


@main.command()
@click.argument("person_id")
@click.option("--html", default=None, metavar="FILE", help="Where the page with the graph goes. [default: build/person/<id>.html]")
@click.option("--hide-values", is_flag=True, help="No names, dates of birth and postcodes, on the page neither.")
@_configured
def person(config: Configuration, person_id: str, html: str | None, hide_values: bool) -> int:
    """The records of a person, the links that hold them, alerts and history. Reads the identity zone; the use is logged."""
    found = person_of(config, open_session(config.settings.spark, config.folder), person_id, hide=hide_values)
    for line in person_lines(found):
        click.echo(line)
    file = Path(html or f"build/person/{found.person_id}.html")
    save_page(person_page(found), file)
    click.echo(f"\nGraph: {file}")
    return 0


@main.group()
def model() -> None:
    """Models and what they change."""


@model.command()
@click.option("--before", type=int, default=None, metavar="N", help="Delta version of spine.person_spine; the one before the other.")
@click.option("--after", type=int, default=None, metavar="N", help="The other one; the newest by default.")
@_configured
def compare(config: Configuration, before: int | None, after: int | None) -> int:
    """What another version of the spine moved: people, pairs and sizes at each threshold."""
    for line in what_moved(config, open_session(config.settings.spark, config.folder), before, after):
        click.echo(line)
    return 0


@main.group()
def review() -> None:
    """Pairs for people to decide; load_overrides reads their decisions."""


@review.command(name="export")
@click.option("--alerts", is_flag=True, help="The severest alerts that nobody has decided yet.")
@click.option("--edges", is_flag=True, help="A sample of scored edges, so many of each band of weights.")
@click.option("--limit", default=200, show_default=True, help="Alerts, at most.")
@click.option("--per-band", default=50, show_default=True, help="Edges of each band.")
@click.option("--seed", default=0, show_default=True, help="Another seed gives another sample of edges.")
@click.option("--out", default=None, metavar="FILE", help="[default: build/review/<alerts or edges>.csv]")
@_configured
def export_pairs(config: Configuration, alerts: bool, edges: bool, limit: int, per_band: int, seed: int, out: str | None) -> int:
    """Write pairs to decide, with the identifiers of both records; the use is logged.

    The reviewers' file shows no score. Why each pair was chosen, with the fraction that was sampled, stands in a file beside it.
    """
    if alerts == edges:
        raise ConfigError("review export writes alerts or edges.", next_step="give --alerts or --edges.")
    spark = open_session(config.settings.spark, config.folder)
    pack = export_alerts(config, spark, limit) if alerts else export_edges(config, spark, per_band, seed)
    file = Path(out or f"build/review/{'alerts' if alerts else 'edges'}.csv")
    frame = file.with_name(f"{file.stem}.frame.csv")
    save_page(pack.pairs, file)
    save_page(pack.frame, frame)
    click.echo(f"{pack.count:,} pairs to decide: {file}\nWhy each was chosen, not for the reviewers: {frame}")
    return 0


@main.command(name="blocking-rules")
@click.option("--stage", "chosen", default=None, metavar="STAGE", help="Stage of linkage.stages; the first one by default.")
@click.option("--try", "tried", multiple=True, metavar="EXPRESSIONS", help="A rule to try, parts between semicolons: 'surname; dob'.")
@_configured
def blocking_rules(config: Configuration, chosen: str | None, tried: tuple[str, ...]) -> int:
    """What each blocking rule costs and finds alone, and what rules not in the model would add."""
    stages = {stage.name: stage for stage in config.settings.linkage.stages}
    if not stages or (chosen is not None and chosen not in stages):
        raise ConfigError(f"stage {chosen or ''} is not in linkage.stages.", next_step=f"choose one of {', '.join(stages) or 'none yet'}.")
    spark = open_session(config.settings.spark, config.folder)
    worths = stage_rule_worths(Lake(spark, config.settings.storage), config, stages[chosen or next(iter(stages))], tried)
    click.echo(f"{'pairs':>15}{'not compared':>14}{'likely':>12}{'alone':>8}{'core s':>8}  rule")
    for worth in worths:
        figures = f"{worth.pairs:>15,}{worth.dropped_pairs:>14,}{worth.likely_pairs:>12,}{worth.alone:>8.1%}{worth.core_seconds:>8.1f}"
        click.echo(f"{figures}  {', '.join(worth.rule)}{'' if worth.in_model else '  (not in the model)'}")
    return 0


@model.command(name="export")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_configured
def export_trained(config: Configuration, name: str, file: Path) -> int:
    """Write the trained model NAME to a JSON FILE: Splink's settings, similarity probes, training facts."""
    if name not in config.models:
        raise ConfigError(f"no stage uses a model '{name}'.", next_step=f"choose one of {', '.join(sorted(config.models)) or 'none'}.")
    spark = open_session(config.settings.spark, config.folder)
    lake = Lake(spark, config.settings.storage)
    if not lake.exists(LINK_MODEL):
        raise StorageError(f"{LINK_MODEL} does not exist yet.", next_step="run jobs/train_model.py first.")
    exported = export_model(lake.read(LINK_MODEL), config.models[name], file)
    click.echo(f"{file} holds model {exported.model_id}.")
    return 0


@main.command()
@click.argument("kind", type=click.Choice(["repeat-users"]))
@click.option("--html", default="build/report/repeat-users.html", show_default=True, metavar="FILE", help="Where the page goes.")
@_configured
def report(config: Configuration, kind: str, html: str) -> int:
    """A page of charts and tables: who comes back, how soon, by which ways. Exact figures, for the team inside."""
    spark = open_session(config.settings.spark, config.folder)
    file = Path(html)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(repeat_users_report(Lake(spark, config.settings.storage)), encoding="utf-8")
    click.echo(f"Report on {kind}: {file}")
    return 0


if __name__ == "__main__":
    main()

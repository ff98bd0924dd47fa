"""``docketlink explain``: why two records are, or are not, an edge. Reads the identity zone, so each use is logged."""

import getpass
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from docketlink.config.load import Configuration
from docketlink.config.settings import Stage
from docketlink.contracts.links import BLOCK_SUMMARY, LINK_MODEL, SCORED_EDGE, TERM_FREQUENCY
from docketlink.contracts.records import PERSON_RECORD
from docketlink.errors import ConfigError, StorageError
from docketlink.linkage.artefact import LinkModel, definition_hash
from docketlink.linkage.explanation import Explanation, adjusted_columns, block_sizes, explain_pair
from docketlink.linkage.inputs import model_inputs
from docketlink.storage.lake import Lake

_SAME = 1e-9


@dataclass(frozen=True)
class Review:
    """What is to be shown: lines for the terminal, and the chart's page where the pair was scored."""

    lines: tuple[str, ...]
    page: str | None


def review_pair(config: Configuration, spark: SparkSession, first: str, second: str, *, hide: bool) -> Review:
    """The levels and weights of two records, and whether they are an edge or why not.

    Raises ConfigError when an id is not a record's, StorageError when the stage's model was never trained. ``hide`` leaves out
    every value of the records.
    """
    lake = Lake(spark, config.settings.storage)
    log = structlog.get_logger().bind(command="explain", user=getpass.getuser())
    left, right = sorted((first, second))
    log.info("identity_reviewed", record_id_l=left, record_id_r=right, values_shown=not hide)
    found = {row.record_id: row for row in lake.read(PERSON_RECORD).where(F.col("record_id").isin(left, right)).collect()}
    _require_known(first, second, found)
    heading = [f"{side:<6} {record_id}  {found[record_id].source}" for side, record_id in (("left", left), ("right", right))]
    if not_scored := [
        f"{side} is {found[i].link_status}" for side, i in (("left", left), ("right", right)) if found[i].link_status != "linkable"
    ]:
        return Review((*heading, f"No edge: {' and '.join(not_scored)}, and only linkable records are scored."), None)
    stage = _stage_of(config, found[left].source, found[right].source)
    if stage is None:
        return Review((*heading, f"No edge: no stage of linkage.stages scores {found[left].source} with {found[right].source}."), None)
    return _scored(config, lake, stage, (left, right), heading, hide=hide)


def save_page(page: str, file: Path) -> None:
    """Write the page so that its owner alone can read it: it may hold names."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(page)


def _require_known(first: str, second: str, found: dict[str, Row]) -> None:
    if first == second:
        raise ConfigError("the two record ids are the same.", next_step="give two different ones.")
    if unknown := [which for which, record_id in (("first", first), ("second", second)) if record_id not in found]:
        raise ConfigError(
            f"identity.person_record holds no record with the {' nor the '.join(unknown)} id.",
            next_step="take ids of 26 characters from identity.scored_edge or spine.person_spine.",
        )


def _stage_of(config: Configuration, source: str, other: str) -> Stage | None:
    pair = frozenset({source, other})
    return next((stage for stage in config.settings.linkage.stages if pair in stage.owned_pairs()), None)


def _scored(config: Configuration, lake: Lake, stage: Stage, pair: tuple[str, str], heading: list[str], *, hide: bool) -> Review:
    definition = config.models[stage.model]
    rows = (
        lake.read(LINK_MODEL)
        .where((F.col("name") == definition.name) & (F.col("definition_hash") == definition_hash(definition)))
        .collect()
    )
    if not rows:
        raise StorageError(f"model {definition.name} was never trained as it is declared.", next_step="run jobs/train_model.py first.")
    model = LinkModel.from_row(rows[0])
    of_stage = lake.read(PERSON_RECORD).where(F.col("source").isin(*stage.sources) & (F.col("link_status") == "linkable"))
    inputs = model_inputs(of_stage, definition)
    table = inputs.where(F.col("record_id").isin(*pair)).toArrow().sort_by("record_id").drop_columns(["source"])
    terms = {column: [t for t in table.column(column).to_pylist() if t is not None] for column in adjusted_columns(model)}
    explanation = explain_pair(table, definition, model, _frequencies(lake, model, terms), hide=hide)
    rules = definition.blocking_parts
    told = [f"stage  {stage.name}, model {definition.name} {model.model_id}", *heading, "", *_table(explanation, hide=hide), ""]
    together = [f"rule {i} [{', '.join(rules[i])}]" for i in explanation.rules]
    told.append(f"Brought together by {'; '.join(together)}." if together else "No blocking rule brings them together.")
    edge = lake.read(SCORED_EDGE).where((F.col("record_id_l") == pair[0]) & (F.col("record_id_r") == pair[1])).first()
    told += _as_stored(edge, explanation, model) if edge else _why_no_edge(config, lake, stage, pair[0], inputs, explanation)
    return Review(tuple(told), explanation.page)


def _frequencies(lake: Lake, model: LinkModel, terms: dict[str, list[str]]) -> dict[str, dict[str, float]]:
    """The model's share of these terms; a handful of rows."""
    shares: dict[str, dict[str, float]] = {column: {} for column in terms}
    if any(terms.values()):
        wanted = [(column, term) for column, values in sorted(terms.items()) for term in sorted(set(values))]
        own = lake.read(TERM_FREQUENCY).where(F.col("model_id") == model.model_id)
        asked = own.sparkSession.createDataFrame(wanted, "column string, term string")
        for row in own.join(F.broadcast(asked), ["column", "term"], how="left_semi").collect():
            shares[row["column"]][row["term"]] = row["frequency"]
    return shares


def _as_stored(edge: Row, explanation: Explanation, model: LinkModel) -> Iterator[str]:
    yield f"Edge of {edge.match_weight:+.4f} bits, claimed by rule {edge.rule}."
    if edge.model_id != model.model_id:
        yield f"It was scored by model {edge.model_id}: run score_edges again."
    elif abs(edge.match_weight - explanation.weight) > _SAME:
        yield "The records have changed since it was scored: run score_edges again."


def _why_no_edge(
    config: Configuration, lake: Lake, stage: Stage, record_id: str, inputs: DataFrame, explanation: Explanation
) -> Iterator[str]:
    settings = config.settings.linkage
    if not explanation.rules:
        yield "No edge: a pair that no blocking rule brings together is never scored."
        return
    if explanation.weight < settings.floor_weight:
        yield f"No edge: {explanation.weight:+.4f} bits are below linkage.floor_weight ({settings.floor_weight})."
        return
    summary = lake.read(BLOCK_SUMMARY).where((F.col("stage") == stage.name) & (F.col("dropped_blocks") > 0)).select("rule").collect()
    cut = {row["rule"] for row in summary} & {*explanation.rules}
    sizes = block_sizes(inputs, config.models[stage.model], record_id, explanation.rules, settings.duckdb_memory) if cut else {}
    dropped = {rule: n for rule, n in sizes.items() if rule in cut and n > settings.max_block}
    if dropped.keys() == {*explanation.rules}:
        told = "; ".join(f"rule {rule} has {n:,} records" for rule, n in sorted(dropped.items()))
        yield f"No edge: its blocks are larger than linkage.max_block ({settings.max_block:,}) and were dropped: {told}."
    else:
        yield "No edge is stored, though the pair reaches the floor: records or model are newer than the edges; run score_edges again."


def _table(explanation: Explanation, *, hide: bool) -> Iterator[str]:
    """The sum as lines; values are cut to what the terminal has room for."""
    room = max(12, (shutil.get_terminal_size((140, 20)).columns - 70) // 2)
    values = "" if hide else f"{'left':<{room}}  {'right':<{room}}  "
    yield f"{'comparison':<18}{'level':<40}{values}{'bits':>10}"
    for step in explanation.steps:
        name = "" if step.is_adjustment else step.comparison
        shown = "" if hide else f"{_cut(step.left, room):<{room}}  {_cut(step.right, room):<{room}}  "
        if step.weight or not step.is_adjustment:
            yield f"{_cut(name, 17):<18}{_cut(step.level, 39):<40}{shown}{step.weight:>+10.4f}"
    space = "" if hide else " " * (2 * room + 4)
    yield f"{'total':<18}{f'probability {explanation.probability:.9f}':<40}{space}{explanation.weight:>+10.4f}"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"

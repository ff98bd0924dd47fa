"""``docketlink explain`` over a linked town: the sum of a pair, its edge or why there is none, and nobody else's values."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from docketlink.contracts.links import LINK_MODEL, SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.errors import ConfigError
from docketlink.linkage.inputs import model_inputs
from docketlink.runtime import explain
from docketlink.runtime.cli import main
from docketlink.runtime.job import Tally
from pyspark.sql import Row
from pyspark.sql import functions as F

from tests.town import PROJECT, Town

pytestmark = pytest.mark.slow
NO_SUCH_ID = "a" * 26
Explain = Callable[..., Result]


@pytest.fixture(scope="module")
def edge(town: Town, tallies: Sequence[Tally]) -> Row:
    rows = town.lake.read(SCORED_EDGE).where("match_weight BETWEEN 5 AND 15").orderBy("match_weight", "record_id_l", "record_id_r").limit(1)
    return rows.collect()[0]


@pytest.fixture
def run(town: Town, tallies: Sequence[Tally], tmp_path: Path) -> Explain:
    def explained(first: str, second: str, *options: str) -> Result:
        settings = [part for assignment in town.assignments for part in ("--set", assignment)]
        config = ["--config", str(PROJECT / "conf" / "demo.yml"), *settings]
        return CliRunner().invoke(main, ["explain", first, second, "--html", str(tmp_path / "out" / "chart.html"), *config, *options])

    return explained


def review(town: Town, first: str, second: str, *, hide: bool = True, **linkage: object) -> explain.Review:
    config = town.config
    settings = config.settings.model_copy(update={"linkage": config.settings.linkage.model_copy(update=linkage)})
    changed = type(config)(settings, config.sources, config.models, config.folder)
    return explain.review_pair(changed, town.spark, first, second, hide=hide)


def test_the_steps_of_an_edge_add_up_to_its_stored_weight(town: Town, edge: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[explain.Explanation] = []
    sound = explain.explain_pair
    monkeypatch.setattr(explain, "explain_pair", lambda *a, **k: seen.append(sound(*a, **k)) or seen[-1])
    for pair in town.lake.read(SCORED_EDGE).orderBy(F.xxhash64("record_id_l", "record_id_r")).limit(3).collect():
        told = review(town, pair.record_id_r, pair.record_id_l).lines  # either order
        assert seen[-1].weight == pytest.approx(pair.match_weight, abs=1e-9)
        assert sum(step.weight for step in seen[-1].steps) == pytest.approx(pair.match_weight, abs=1e-9)
        assert told[-1] == f"Edge of {pair.match_weight:+.4f} bits, claimed by rule {pair.rule}."
        assert pair.rule == seen[-1].rules[0]


def test_the_command_shows_the_two_records_and_nobody_elses_values(town: Town, edge: Row, run: Explain, tmp_path: Path) -> None:
    found = run(edge.record_id_l, edge.record_id_r)
    assert found.exit_code == 0, found.output
    shown = found.stdout
    assert edge.record_id_l in shown
    assert "stage  criminal" in shown
    assert re.search(r"total +probability 0\.\d+ ", shown)
    records = town.lake.read(PERSON_RECORD)
    people = records.select("record_id", "last_name_std", "name_1_std", "dob_std", "pnc_single").collect()
    both = [edge.record_id_l, edge.record_id_r]
    assert any(row.last_name_std in shown for row in people if row.record_id in both and row.last_name_std)
    seen = model_inputs(records, town.config.models["criminal"]).where(F.col("record_id").isin(*both)).collect()
    values = [value for row in seen for held in row for value in (held if isinstance(held, list) else [held]) if isinstance(value, str)]
    allowed = {part for value in values for part in (value, *value.split())}
    words = {word for word in re.split(r"[^A-Z0-9/\-]+", shown) if len(word) > 3}
    assert not words & {value for row in people for value in row[1:] if value} - allowed
    chart = tmp_path / "out" / "chart.html"
    assert chart.stat().st_mode & 0o777 == 0o600
    assert "vegaEmbed(" in chart.read_text()


def test_the_use_is_logged_without_a_value(town: Town, edge: Row, run: Explain) -> None:
    log = run(edge.record_id_l, edge.record_id_r).stderr
    assert "identity_reviewed" in log
    assert edge.record_id_l in log
    people = town.lake.read(PERSON_RECORD).where(F.col("record_id").isin(edge.record_id_l, edge.record_id_r)).collect()
    assert not [value for row in people for value in (row.last_name_std, row.name_1_std, row.dob_std) if value and value in log]


def test_values_can_be_left_out(town: Town, edge: Row, run: Explain, tmp_path: Path) -> None:
    shown = run(edge.record_id_l, edge.record_id_r, "--hide-values").stdout + (tmp_path / "out" / "chart.html").read_text()
    people = town.lake.read(PERSON_RECORD).where(F.col("record_id").isin(edge.record_id_l, edge.record_id_r)).collect()
    values = [value for row in people for value in (row.last_name_std, row.dob_std) if value and len(value) > 5]
    assert values
    assert not [value for value in values if value in shown]


def test_an_id_that_is_no_record_is_a_clear_error(edge: Row, run: Explain) -> None:
    found = run(edge.record_id_l, NO_SUCH_ID)
    assert found.exit_code == ConfigError.exit_code
    assert "no record with the second id" in found.stderr
    assert "the same" in run(edge.record_id_l, edge.record_id_l).stderr


def test_a_pair_without_an_edge_says_why(town: Town, tallies: Sequence[Tally], edge: Row) -> None:
    left, right = edge.record_id_l, edge.record_id_r
    assert review(town, left, right).lines[-1].startswith("Edge of")
    records = town.lake.read(PERSON_RECORD)
    mine = records.where(F.col("record_id") == left).first()
    different = records.where(
        (F.col("link_status") == "linkable") & (F.col("dob_std") > "2000") & (F.col("last_name_std") != mine.last_name_std)
    ).where((F.substring("dob_std", 1, 4) != mine.dob_std[:4]) & ~F.arrays_overlap("postcode_arr", F.lit(mine.postcode_arr or [])))
    stranger = different.orderBy("record_id").first()
    told = review(town, left, stranger.record_id).lines
    assert "No blocking rule brings them together." in told
    assert told[-1].startswith("No edge: a pair that no blocking rule brings together")

    organisation = records.where("link_status = 'organisation'").orderBy("record_id").first()
    assert review(town, left, organisation.record_id).lines[-1].endswith("is organisation, and only linkable records are scored.")
    alone = [stage.model_copy(update={"link_type": "dedupe"}) for stage in town.config.settings.linkage.stages]
    other = records.where((F.col("source") != mine.source) & (F.col("link_status") == "linkable")).orderBy("record_id").first()
    assert "no stage of linkage.stages scores" in review(town, left, other.record_id, stages=tuple(alone)).lines[-1]


def test_a_pair_that_was_left_out_says_whether_floor_or_block_did_it(town: Town, edge: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    """The edge is hidden; the floor, or a cap on blocks that the block summary knows of, is then what keeps it out."""
    sound = explain.Lake.read
    hidden = lambda lake, table, **k: sound(lake, table, **k).where("false") if table is SCORED_EDGE else sound(lake, table, **k)  # noqa: E731
    monkeypatch.setattr(explain.Lake, "read", hidden)
    left, right = edge.record_id_l, edge.record_id_r
    assert "are below linkage.floor_weight (500.0)" in review(town, left, right, floor_weight=500.0).lines[-1]
    assert "run score_edges again" in review(town, left, right).lines[-1]
    everything = lambda lake, table, **k: (  # noqa: E731
        hidden(lake, table, **k).withColumn("dropped_blocks", F.lit(1).cast("long"))
        if table.name == "block_summary"
        else hidden(lake, table, **k)
    )
    monkeypatch.setattr(explain.Lake, "read", everything)
    assert "were dropped: rule" in review(town, left, right, max_block=1).lines[-1]


def test_a_model_that_was_not_trained_as_declared_is_said(town: Town, edge: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "definition_hash", lambda _: "another")
    with pytest.raises(explain.StorageError, match="never trained"):
        review(town, edge.record_id_l, edge.record_id_r)
    assert town.lake.read(LINK_MODEL).count() == 1

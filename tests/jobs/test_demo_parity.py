"""What the pipeline scored is what Splink scores: the stored model run by Splink itself on DuckDB over the same records."""

from collections import defaultdict
from collections.abc import Sequence

import pytest
from docketlink.contracts.links import LINK_MODEL, SCORED_EDGE, TERM_FREQUENCY
from docketlink.contracts.records import PERSON_RECORD
from docketlink.linkage.artefact import LinkModel
from docketlink.linkage.inputs import model_inputs
from docketlink.runtime.job import Tally
from docketlink.runtime.models import linkable_records

from tests.linkage.parity import assert_same, by_splink
from tests.town import Town

pytestmark = pytest.mark.slow


def test_every_edge_of_the_town_is_splinks_edge_with_splinks_weight(town: Town, tallies: Sequence[Tally]) -> None:
    linkage = town.config.settings.linkage
    (stage,) = linkage.stages
    definition = town.config.models[stage.model]
    model = LinkModel.from_row(town.lake.read(LINK_MODEL).first())
    people = model_inputs(linkable_records(town.lake.read(PERSON_RECORD), stage), definition).drop("source").orderBy("record_id")
    frequencies: dict[str, dict[str, float]] = defaultdict(dict)
    for row in town.lake.read(TERM_FREQUENCY).collect():
        frequencies[row.column][row.term] = row.frequency
    table = people.toArrow().rename_columns({"record_id": "unique_id"})
    theirs = by_splink(table, dict(model.settings), frequencies, linkage.floor_weight)
    ours = {(e.record_id_l, e.record_id_r): (e.rule, e.match_weight) for e in town.lake.read(SCORED_EDGE).collect()}
    assert len(ours) > 1000
    assert_same({tuple(sorted(pair)): found for pair, found in theirs.items()}, ours)

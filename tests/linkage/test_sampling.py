"""Samples of edges: so many of each band, the same one whatever the order, with the fraction that was taken."""

import random
from collections import Counter
from math import inf

import pytest
from docketlink.config.settings import Stage
from docketlink.linkage.sampling import bands, sample_edges

STAGES = (
    Stage(name="criminal", sources=("prison",), model="m"),
    Stage(name="thin", sources=("family",), model="m", thresholds={"high": 9.0, "medium": 9.0, "low": -3.0}),
)
PER_BAND = 20


@pytest.fixture(scope="module")
def edges(spark):
    draw = random.Random(7)
    rows = [(f"l{i:05d}", f"r{draw.random()}", draw.choice(STAGES).name, round(draw.uniform(-12, 24), 1)) for i in range(3000)]
    rows += [("a", "b", "criminal", 4.25), ("a", "c", "no such stage", 5.0)]
    return spark.createDataFrame(rows, "record_id_l string, record_id_r string, stage string, match_weight double")


def taken(edges, per_band: int) -> dict[tuple[str, str], dict]:
    rows = sample_edges(edges, STAGES, per_band).toArrow().to_pylist()
    assert len({(row["record_id_l"], row["record_id_r"]) for row in rows}) == len(rows)
    return {(row["record_id_l"], row["record_id_r"]): row for row in rows}


def test_every_threshold_is_where_a_band_begins() -> None:
    for stage in STAGES:
        assert {*stage.thresholds.values()} <= {*bands(stage)}
        assert [*bands(stage)] == sorted({*bands(stage)})


def test_each_band_gives_its_number_with_the_fraction_and_a_smaller_sample_lies_inside(edges) -> None:
    sample = taken(edges, PER_BAND)
    weight = {(row.record_id_l, row.record_id_r): (row.stage, row.match_weight) for row in edges.collect()}
    starts = {stage.name: bands(stage) for stage in STAGES}

    def band(stage: str, bits: float) -> int:
        return sum(bits >= start for start in starts[stage]) - 1

    held = Counter((stage, band(stage, bits)) for stage, bits in weight.values() if stage in starts)
    assert Counter((row["stage"], row["band"]) for row in sample.values()) == {key: min(n, PER_BAND) for key, n in held.items()}
    for pair, row in sample.items():
        assert (row["stage"], row["band"]) == (weight[pair][0], band(*weight[pair]))
        assert (-inf if row["from_bits"] is None else row["from_bits"]) <= weight[pair][1] < (row["to_bits"] or inf)
        n = held[row["stage"], row["band"]]
        assert (row["edges"], row["fraction"]) == (n, pytest.approx(min(n, PER_BAND) / n))
    shuffled = edges.repartition(5, "match_weight").orderBy("record_id_r")
    assert taken(shuffled, PER_BAND) == sample
    assert {*taken(edges, 3)} < {*sample}

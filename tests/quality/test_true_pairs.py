"""What became of every true pair of a stage, counted by joins, equals what is counted pair by pair."""

import random
from itertools import combinations

import pytest
from docketlink.config.settings import Stage
from docketlink.contracts.measures import LINKAGE_METRIC
from docketlink.quality.true_pairs import StageKeys, true_pair_metrics
from pyspark.sql import SparkSession

KINDS = ["name", "date_of_birth", "place", "register"]
STAGES = [
    Stage.model_validate({"name": "both", "sources": ["a", "b"], "link_type": "link_and_dedupe", "model": "m"}),
    Stage.model_validate({"name": "own", "sources": ["c"], "link_type": "dedupe", "model": "m"}),
    Stage.model_validate({"name": "between", "between": [["a", "b"], ["c"]], "link_type": "link", "model": "m"}),
]


def random_records() -> list[dict]:
    draw = random.Random(3)
    return [
        {
            "record_id": f"{draw.getrandbits(40):010X}",
            "source": draw.choice("abc"),
            "link_status": "linkable" if draw.random() < 0.9 else "masked",
            "usable_arr": draw.choice([None, *([kind for kind in KINDS if draw.random() < 0.6] for _ in range(9))]),
            "true_person_id": f"T{draw.randint(0, 15)}",
            **{column: f"P{draw.randint(0, 3)}" for column in ("person_id_high", "person_id", "person_id_low")},
            "keys": [draw.choice([None, None, 1, 2, 3, 4]) for _ in range(3)],
        }
        for _ in range(120)
    ]


def by_brute_force(records: list[dict], stage: Stage) -> dict[tuple[str, str], float]:
    pairs = [
        (x, y)
        for x, y in combinations([r for r in records if r["link_status"] == "linkable"], 2)
        if x["true_person_id"] == y["true_person_id"] and frozenset({x["source"], y["source"]}) in stage.owned_pairs()
    ]
    enough = [len({*(x["usable_arr"] or ())} & {*(y["usable_arr"] or ())}) >= 2 for x, y in pairs]
    reached = [any(a is not None and a == b for a, b in zip(x["keys"], y["keys"], strict=True)) for x, y in pairs]

    def share(flags: list[bool], of: list[bool]) -> float:
        return sum(flag for flag, counts in zip(flags, of, strict=True) if counts) / sum(of)

    found: dict[tuple[str, str], float] = {}
    for threshold, column in (("high", "person_id_high"), ("medium", "person_id"), ("low", "person_id_low")):
        together = [x[column] == y[column] for x, y in pairs]
        figures = {"true_pairs_owned": float(len(pairs)), "share_enough": share(enough, [True] * len(pairs))}
        for name, flags in (("stage_recall", together), ("blocking_reach", reached)):
            figures |= {name: share(flags, [True] * len(pairs)), f"{name}_enough": share(flags, enough)}
        found |= {(metric, threshold): value for metric, value in figures.items()}
    return found


def test_true_pairs_of_each_stage_are_counted_as_pair_by_pair(spark: SparkSession) -> None:
    records = random_records()

    def frame(*columns: str):
        types = {"usable_arr": "array<string>", "keys": "array<long>"}
        schema = ", ".join(f"{name} {types.get(name, 'string')}" for name in columns)
        return spark.createDataFrame([tuple(r[name] for name in columns) for r in records], schema).repartition(3)

    keys = frame("record_id", "keys")
    metric = true_pair_metrics(
        frame("record_id", "person_id_high", "person_id", "person_id_low"),
        frame("record_id", "true_person_id"),
        frame("record_id", "source", "link_status", "usable_arr"),
        [StageKeys(stage, keys) for stage in STAGES],
    )
    assert metric.columns == list(LINKAGE_METRIC.columns)
    rows = metric.collect()
    for stage in STAGES:
        found = {(row.metric, row.threshold): row.value for row in rows if row.slice == stage.name}
        assert found == pytest.approx(by_brute_force(records, stage))


def test_a_stage_without_a_true_pair_has_no_share(spark: SparkSession) -> None:
    none = spark.createDataFrame([], "record_id string, keys array<long>")
    spine = spark.createDataFrame([], "record_id string, person_id_high string, person_id string, person_id_low string")
    truth = spark.createDataFrame([], "record_id string, true_person_id string")
    records = spark.createDataFrame([], "record_id string, source string, link_status string, usable_arr array<string>")
    rows = true_pair_metrics(spine, truth, records, [StageKeys(STAGES[0], none)]).collect()
    assert {(row.metric, row.value) for row in rows} == {("true_pairs_owned", 0.0)}

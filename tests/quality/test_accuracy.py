"""Accuracy counted from a contingency table equals accuracy counted pair by pair."""

import random
from itertools import combinations

import pytest
from docketlink.contracts.measures import LINKAGE_METRIC
from docketlink.contracts.spine import PERSON_SPINE
from docketlink.quality.accuracy import METHOD, linkage_metrics
from pyspark.sql import functions as F

Record = tuple[str, str, str, str, str, str | None]  # id, source, person at high, medium and low, true person
COLUMNS = ("record_id", "source", "person_id_high", "person_id", "person_id_low")
PAIRWISE = ("pairwise_precision", "pairwise_recall", "pairwise_f1")


def metrics_of(spark, records: list[Record]) -> dict[tuple[str, str, str], float]:
    spine = spark.createDataFrame([r[:5] for r in records], ", ".join(f"{c} string" for c in COLUMNS))
    others = [F.lit(None).cast(f.type).alias(f.name) for f in PERSON_SPINE.fields if f.name not in COLUMNS]
    truth = spark.createDataFrame([(r[0], r[5]) for r in records if r[5]], "record_id string, true_person_id string")
    spine = PERSON_SPINE.conform(spine.repartition(3, "person_id").select("*", *others))
    rows = LINKAGE_METRIC.conform(linkage_metrics(spine, truth)).toArrow().to_pylist()
    assert {(row["method"], row["interval_low"], row["interval_high"]) for row in rows} <= {(METHOD, None, None)}
    found = {(row["metric"], row["slice"], row["threshold"]): row["value"] for row in rows}
    found |= {("records", row["slice"], row["threshold"]): row["records"] for row in rows}
    return found


def by_brute_force(records: list[Record]) -> dict[tuple[str, str, str], float]:
    labelled = [r for r in records if r[5]]
    sources = sorted({r[1] for r in labelled})
    slices = {"all": labelled} | {s: [r for r in labelled if r[1] == s] for s in sources}
    found = {}
    for column, threshold in ((2, "high"), (3, "medium"), (4, "low")):
        for name, inside in slices.items():
            beside = {r[0]: inside for r in inside}
            figures = measures(inside, [*combinations(inside, 2)], beside, column)
            persons = [sum(r[column] == person for r in inside) for person in {r[column] for r in inside}]
            figures |= {"persons": len(persons), "largest_cluster": max(persons), "true_persons": len({r[5] for r in inside})}
            figures["joined_people"] = sum(len({r[5] for r in inside if r[column] == p}) > 1 for p in {r[column] for r in inside})
            found |= {(metric, name, threshold): value for metric, value in figures.items()}
        for a, b in combinations(sources, 2):
            beside = {r[0]: slices[b] for r in slices[a]} | {r[0]: slices[a] for r in slices[b]}
            across = [(x, y) for x in slices[a] for y in slices[b]]
            figures = measures(slices[a] + slices[b], across, beside, column)
            found |= {(metric, f"{a}+{b}", threshold): value for metric, value in figures.items()}
    return found


def measures(inside: list[Record], pairs, beside: dict[str, list[Record]], column: int) -> dict[str, float]:
    right = sum(x[column] == y[column] and x[5] == y[5] for x, y in pairs)
    predicted, true = sum(x[column] == y[column] for x, y in pairs), sum(x[5] == y[5] for x, y in pairs)
    figures: dict[str, float] = {"records": len(inside), "true_pairs": true, "predicted_pairs": predicted}
    if predicted:
        figures["pairwise_precision"] = right / predicted
    if true:
        figures["pairwise_recall"] = right / true
    if predicted + true:
        figures["pairwise_f1"] = 2 * right / (predicted + true)
    for metric, of in (("b3_precision", column), ("b3_recall", 5)):
        shares = []
        for r in inside:
            together = [x for x in beside[r[0]] if x[of] == r[of]]
            if together:
                shares.append(sum(x[column] == r[column] and x[5] == r[5] for x in together) / len(together))
        if shares:
            figures[metric] = sum(shares) / len(shares)
    if {"b3_precision", "b3_recall"} <= {*figures}:
        p, r = figures["b3_precision"], figures["b3_recall"]
        figures["b3_f1"] = 2 * p * r / (p + r) if p + r else 0.0
    return figures


def test_every_figure_equals_brute_force_on_drawn_records(spark) -> None:
    """Three sources, a threshold each with few, some and many persons; unlabelled records count nowhere."""
    draw = random.Random(11)
    records: list[Record] = []
    for n in range(120):
        source = draw.choice(("crown", "magistrates", "magistrates", "prison"))
        true = f"true-{draw.randint(0, 35)}"
        person = [true if draw.random() < 0.7 else f"person-{draw.randint(0, most)}" for most in (80, 20, 3)]
        records.append((f"r{n}", source, *person, true if draw.random() < 0.9 else None))
    found = metrics_of(spark, records)
    expected = by_brute_force(records)
    assert found.keys() == expected.keys()
    assert found == pytest.approx(expected, abs=1e-12)


def test_worked_example(spark) -> None:
    """True people {a1 a2 b1} {b2} {b3}; medium finds {a1 a2} {b1 b2} {b3}; high finds nobody twice; low finds one person.

    Medium: 2 pairs put together, 1 rightly; 3 true pairs.
    B-cubed precision (1 + 1 + 1/2 + 1/2 + 1) / 5, recall (2/3 + 2/3 + 1/3 + 1 + 1) / 5.
    Across a and b nothing is put together at medium, and two pairs should be.
    """
    people = {"a1": "xp", "a2": "xp", "b1": "yp", "b2": "yq", "b3": "zr"}
    found = metrics_of(spark, [(r, r[0], r, p[0], "everyone", p[1]) for r, p in people.items()])

    def of(slice_: str, threshold: str) -> dict[str, float]:
        return {metric: value for (metric, s, t), value in found.items() if (s, t) == (slice_, threshold)}

    recall = (2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5
    counts = {"records": 5, "true_pairs": 3, "true_persons": 3}
    assert of("all", "medium") == pytest.approx(
        {
            **counts,
            **dict(zip(PAIRWISE, (1 / 2, 1 / 3, 2 / 5), strict=True)),
            **{"b3_precision": 0.8, "b3_recall": recall, "b3_f1": 1.6 * recall / (0.8 + recall)},
            **{"predicted_pairs": 2, "persons": 3, "joined_people": 1, "largest_cluster": 2},
        }
    )
    # nothing put together: precision of pairs has no denominator and no row
    singles = (1 / 3 + 1 / 3 + 1 / 3 + 1 + 1) / 5
    assert of("all", "high") == pytest.approx(
        {
            **counts,
            **{"pairwise_recall": 0, "pairwise_f1": 0, "b3_precision": 1, "b3_recall": singles, "b3_f1": 2 * singles / (1 + singles)},
            **{"predicted_pairs": 0, "persons": 5, "joined_people": 0, "largest_cluster": 1},
        }
    )
    assert of("all", "low") == pytest.approx(
        {
            **counts,
            **dict(zip(PAIRWISE, (3 / 10, 1, 6 / 13), strict=True)),
            **{"b3_precision": (9 + 1 + 1) / 25, "b3_recall": 1, "b3_f1": 22 / 36},
            **{"predicted_pairs": 10, "persons": 1, "joined_people": 1, "largest_cluster": 5},
        }
    )
    assert of("a+b", "medium") == {
        "records": 5,
        "true_pairs": 2,
        "predicted_pairs": 0,
        "pairwise_recall": 0,
        "pairwise_f1": 0,
        "b3_recall": 0,
    }
    assert of("a+b", "low") == pytest.approx(
        {
            **{"records": 5, "true_pairs": 2, "predicted_pairs": 6},
            **dict(zip(PAIRWISE, (2 / 6, 1, 4 / 8), strict=True)),
            **{"b3_precision": (1 / 3 + 1 / 3 + 1) / 5, "b3_recall": 1, "b3_f1": 2 * (1 / 3) / (4 / 3)},
        }
    )


def test_records_without_a_label_leave_no_figure(spark) -> None:
    assert metrics_of(spark, [("r1", "prison", "p", "p", "p", None), ("r2", "prison", "p", "p", "p", None)]) == {}

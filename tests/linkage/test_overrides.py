"""Decisions in clustering: must joins, cannot separates through all links, re-runs keep both, withdrawing gives the clusters back."""

from collections.abc import Sequence
from datetime import date

import pytest
from docketlink.config.settings import Attach, Clustering, Stage
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import PAIR_OVERRIDE
from docketlink.linkage.clusters import cluster_people
from docketlink.runtime.overrides import in_force
from pyspark.sql import functions as F

STAGES = (Stage(name="criminal", sources=("prison",), model="m"),)
RULES = Clustering(linkage="single", attach=Attach(records=0))
NEWEST = date(2026, 1, 26)
# One letter, one record; components are apart from each other. Weights in bits.
EDGES = {"ab": 20.0, "bc": 5.0, "cd": 20.0, "ef": 20.0, "gh": 20.0, "hi": 20.0, "jk": 20.0, "kl": 6.0, "jl": 20.0, "mn": -3.0}
UNDECIDED = {"medium": ["abcd", "ef", "ghi", "jkl", "m", "n"], "high": ["ab", "cd", "ef", "ghi", "jkl", "m", "n"]}
DECISIONS = [("a", "d", "cannot"), ("e", "f", "cannot"), ("f", "g", "must"), ("k", "l", "cannot"), ("m", "n", "must")]
Clusters = dict[str, list[str]]


def frame_of(spark, table, columns: Sequence[str], rows: Sequence[tuple]):
    given = [f for f in table.fields if f.name in columns]
    kept = spark.createDataFrame([*rows], ", ".join(f"{f.name} {f.type.simpleString()}" for f in given))
    return table.conform(kept.select("*", *(F.lit(None).cast(f.type).alias(f.name) for f in table.fields if f not in given)))


def decided(spark, rows: Sequence[tuple]):
    """(l, r, kind) or (l, r, kind, expires_on)."""
    return frame_of(spark, PAIR_OVERRIDE, ("record_id_l", "record_id_r", "kind", "expires_on"), [(*row, None)[:4] for row in rows])


@pytest.fixture(scope="module")
def records(spark):
    names = sorted({letter for pair in EDGES for letter in pair})
    columns = ("record_id", "link_status", "snapshot_date")
    return frame_of(spark, PERSON_RECORD, columns, [(n, "linkable", NEWEST if n == "a" else date(2026, 1, 5)) for n in names])


def cluster(spark, records, decisions, order: int = 1) -> tuple[Clusters, set[tuple[str, str, str]]]:
    """Clusters by threshold, and the rule with the ends of each refused merge."""
    edges = [(*pair, "criminal", weight) for pair, weight in [*EDGES.items()][::order]]
    scored = frame_of(spark, SCORED_EDGE, ("record_id_l", "record_id_r", "stage", "match_weight"), edges)
    made = cluster_people(scored, records, decisions, STAGES, RULES, driver_edges=10**6)
    members: dict[tuple[str, str], list[str]] = {}
    for row in made.person_cluster.toArrow().to_pylist():
        members.setdefault((row["threshold"], row["cluster_id"]), []).append(row["record_id"])
    alerts = {(row["rule"], row["record_id_l"], row["record_id_r"]) for row in made.cluster_alert.toArrow().to_pylist()}
    made.release()
    return {t: sorted("".join(sorted(who)) for (at, _), who in members.items() if at == t) for t in ("medium", "high")}, alerts


@pytest.fixture(scope="module")
def with_decisions(spark, records):
    return cluster(spark, records, decided(spark, DECISIONS))


def together(clusters: list[str], pair: str) -> bool:
    return any(set(pair) <= set(members) for members in clusters)


def test_must_joins_without_an_edge_and_against_one(with_decisions) -> None:
    for threshold in ("medium", "high"):
        assert together(with_decisions[0][threshold], "mn")
        assert together(with_decisions[0][threshold], "fg")


def test_cannot_separates_a_chain_at_its_weakest_link(with_decisions) -> None:
    assert {"ab", "cd"} <= {*with_decisions[0]["medium"]}


def test_cannot_holds_against_a_strong_link_and_through_a_must_of_the_other_end(with_decisions) -> None:
    """e and f are linked by twenty bits; f is g by decision, and so is with h and i, but never with e."""
    for threshold in ("medium", "high"):
        assert {"e", "fghi"} <= {*with_decisions[0][threshold]}
        assert not together(with_decisions[0][threshold], "kl")


def test_what_a_decision_refuses_is_an_alert(with_decisions) -> None:
    refused = {(a, b) for rule, a, b in with_decisions[1] if rule == "cannot_link"}
    assert {("b", "c"), ("e", "f")} <= refused


def test_a_run_again_in_another_order_and_partitioning_keeps_every_decision(spark, records, with_decisions) -> None:
    again = cluster(spark, records.repartition(3), decided(spark, DECISIONS[::-1]), order=-1)
    assert again == with_decisions


def test_withdrawing_one_restores_its_clusters_and_leaves_the_others(spark, records, with_decisions) -> None:
    without = cluster(spark, records, decided(spark, DECISIONS[1:]))[0]
    assert "abcd" in without["medium"]
    assert [c for c in without["medium"] if c != "abcd"] == [c for c in with_decisions[0]["medium"] if c not in ("ab", "cd")]


def test_decisions_that_have_expired_by_the_newest_extract_change_nothing(spark, records) -> None:
    expired = decided(spark, [(*row, NEWEST) for row in DECISIONS])
    clusters, alerts = cluster(spark, records, in_force(expired, records))
    assert clusters == {t: sorted(members) for t, members in UNDECIDED.items()}
    assert not alerts


def test_a_decision_holds_until_the_day_before_it_expires(spark, records) -> None:
    said = decided(spark, [("a", "b", "must", date(2026, 1, 27)), ("a", "c", "must", NEWEST), ("a", "d", "must", None)])
    assert {row.record_id_r for row in in_force(said, records).collect()} == {"b", "d"}

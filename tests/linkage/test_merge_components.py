"""Laws of a task of clustering: neither the order of arrival nor the short way for pairs changes a row; evidence, flags and alerts."""

import random
from itertools import combinations, pairwise
from unittest.mock import patch

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from docketlink.linkage import kernel_clusters
from docketlink.linkage.kernel_arrivals import (
    ARRIVES,
    BIRTH,
    CANNOT,
    CRO,
    DATE_OF_BIRTH,
    EDGE,
    KNOWN_ID,
    LINK_DATE,
    MUST,
    NAME,
    PLACE,
    PNC,
    RECORD,
    Arrivals,
)
from docketlink.linkage.kernel_clusters import merge_components
from docketlink.linkage.kernel_graph import cut_records
from docketlink.linkage.kernel_pairs import plain_pairs
from docketlink.linkage.kernel_rules import Rules
from hypothesis import given, settings
from hypothesis import strategies as st
from merge_bounds import CASES, measured

BITS = {"high": 13.3, "medium": 4.25, "low": 2.0}
KINDS = {NAME: "name", DATE_OF_BIRTH: "date of birth", PLACE: "place", PNC: "number", CRO: "number", KNOWN_ID: "number", LINK_DATE: "link"}
STRICT = Rules(soft_identities=2, identities_per_record=0, max_records=5, bar_top=15.0)
TYPES = {"long": pa.int64(), "int": pa.int32(), "double": pa.float64(), "string": pa.string()}
TYPES |= {f"array<{name}>": pa.list_(of) for name, of in [*TYPES.items()]}
SCHEMA = pa.schema([(name, TYPES[kind]) for name, kind in (field.split() for field in ARRIVES.split(", "))])
BLANK = dict.fromkeys(SCHEMA.names)


def tagged(kind: int, *values: int) -> list[int]:
    return [value << 3 | kind for value in values]


def record(component: int, node: int, record_id: str, **known) -> dict:
    return (
        BLANK | {"component": component, "kind": RECORD, "left": node, "record_id": record_id, "value_arr": [], "forename_arr": []} | known
    )


def link(component: int, left: int, right: int, weight: float | None = None, kind: int = EDGE) -> dict:
    level = None if weight is None else sum(weight >= bits for bits in BITS.values())
    return BLANK | {"component": component, "kind": kind, "left": left, "right": right, "weight": weight, "level": level}


def merged(rows: list[dict], rules: Rules, *, batch: int = 1000) -> list[dict]:
    arrived = pa.Table.from_pylist(rows, SCHEMA).to_batches(max_chunksize=batch)
    left = pa.Table.from_batches(merge_components(arrived, rules)).to_pylist()
    return sorted(left, key=lambda row: [str(row[c]) for c in ("threshold", "rule", "cluster_id", "other_cluster_id", "record_id")])


def town(seed: int, components: int = 150) -> list[dict]:
    """Components of two records and more, whose values meet often; some with a decision."""
    draw = random.Random(seed)
    rows = []
    for component in range(components):
        nodes = draw.sample(range(2**60), draw.choice((2, 2, 2, 2, 3, 5, 9)))
        for node in nodes:
            values = [v for kind in (NAME, DATE_OF_BIRTH, PLACE, BIRTH) for v in tagged(kind, draw.choice((1, 1, 2)))]
            values += [v for kind in (PNC, CRO, LINK_DATE) for v in tagged(kind, *draw.sample((1, 2, 3), draw.choice((0, 0, 1, 2))))]
            forenames = draw.sample(("ANN", "ANNE", "ROSE", "TOM"), draw.choice((1, 1, 2)))
            known = {"identity": draw.choice((None, 1, 2)), "born": draw.choice((None, 1960, 1961, 1988, 1990))}
            known["born_by"] = draw.choice((None, None, None, 1961, 1989))
            name = f"{draw.getrandbits(40):010x}"
            rows.append(record(component, node, name, value_arr=draw.sample(values, len(values)), forename_arr=forenames, **known))
        path = [*pairwise(nodes)]
        rest = [pair for pair in combinations(nodes, 2) if pair not in path and draw.random() < 0.5]
        rows += [link(component, *draw.sample(pair, 2), draw.uniform(2, 25)) for pair in path]
        rows += [link(component, *draw.sample(pair, 2), draw.uniform(-10, 25)) for pair in rest]
        if draw.random() < 0.2:
            rows.append(link(component, *draw.sample(nodes, 2), kind=draw.choice((MUST, CANNOT))))
    return rows


@pytest.mark.parametrize(
    "rules",
    [Rules(), STRICT, Rules(mean=False, twins=False), Rules(forenames={"TOM": "ROSE"})],
    ids=["defaults", "strict", "single", "short forms"],
)
def test_neither_order_nor_batches_nor_the_short_way_for_pairs_change_a_row(rules: Rules) -> None:
    rows = town(1)
    expected = merged(rows, rules)
    assert merged(random.Random(2).sample(rows, len(rows)), rules, batch=7) == expected
    with patch.object(kernel_clusters, "plain_pairs", lambda *_: np.empty(0, dtype=np.int64)):
        assert merged(rows, rules) == expected
    short = plain_pairs(Arrivals.of(pa.Table.from_pylist(rows, SCHEMA)), rules)
    assert len(short) > 10, "no pair went the short way"


def test_partitions_change_nothing() -> None:
    rows = town(3, 60)
    parts = [[row for row in rows if row["component"] % 3 == part] for part in range(3)]
    apart = [row for part in parts for row in merged(part, Rules())]
    assert sorted(map(str, apart)) == sorted(map(str, merged(rows, Rules())))


@pytest.mark.parametrize("seed", [4, 5])
def test_what_stands_beside_a_membership_is_what_the_cluster_holds(seed: int) -> None:
    """Evidence, best edges, sizes, who holds a cluster together, flags and alerts; each told from the rows that went in."""
    rows = town(seed)
    left = merged(rows, Rules())
    ids = {row["left"]: row["record_id"] for row in rows if row["kind"] == RECORD}
    values = {row["record_id"]: row["value_arr"] for row in rows if row["kind"] == RECORD}
    links = [(ids[row["left"]], ids[row["right"]], row["weight"]) for row in rows if row["kind"] == EDGE]
    musts = [(ids[row["left"]], ids[row["right"]]) for row in rows if row["kind"] == MUST]
    for threshold, bits in BITS.items():
        found = {row["record_id"]: row for row in left if row["threshold"] == threshold and row["rule"] is None}
        alerts = [row for row in left if row["threshold"] == threshold and row["rule"]]
        assert found.keys() == values.keys()
        graph = nx.Graph([(a, b) for a, b, w in links if w >= bits and found[a]["cluster_id"] == found[b]["cluster_id"]] + musts)
        cut = {*nx.articulation_points(graph)}
        for name, row in found.items():
            others = [other for other in found if found[other]["cluster_id"] == row["cluster_id"] and other != name]
            theirs = {value for other in others for value in values[other]}
            shared = {KINDS[value & 7] for value in values[name] if value in theirs and value & 7 != BIRTH}
            weights = [(w, b if a == name else a) for a, b, w in links if name in (a, b) and {a, b} - {name} <= {*others}]
            best, partner = min(weights, key=lambda link: (-link[0], link[1]), default=(None, None))
            assert row["cluster_size"] == len(others) + 1
            assert (row["evidence_kinds"], row["flag_bridge"]) == (len(shared), name in cut)
            assert (row["best_match_weight"], row["best_record_id"]) == (best, partner)
        refused = {(row["cluster_id"], row["other_cluster_id"], row["rule"]) for row in alerts}
        assert len(refused) == len(alerts)
        for row in alerts:
            ends = found[row["record_id"]], found[row["other_record_id"]]
            assert [end["cluster_id"] for end in ends] == sorted((row["cluster_id"], row["other_cluster_id"]))
            assert [end["cluster_size"] for end in ends] == [row["records_l"], row["records_r"]]
            assert all(end["flag_conflict"] for end in ends) or row["rule"] not in ("cannot_link", "twins")
            assert all(end["flag_held"] for end in ends) or row["rule"] in ("cannot_link", "twins", "mean")
        low = {row["record_id"]: row["cluster_id"] for row in left if row["threshold"] == "low" and row["rule"] is None}
        reach = [w for _, w in sorted(BITS.items(), key=lambda b: b[1]) if w > bits][:1] or [float("inf")]
        open_links = [(a, b) for a, b, w in links if bits <= w < reach[0] and low[a] != low[b]]
        assert sum(row["refused_links"] for row in alerts if row["match_weight"] is not None) == len(open_links)


def test_a_decision_to_join_holds_a_cluster_together_as_an_edge_does() -> None:
    rows = [record(0, n, f"{n}") for n in range(3)] + [link(0, 0, 1, kind=MUST), link(0, 1, 2, 20.0)]
    bridges = {(row["threshold"], row["record_id"]) for row in merged(rows, Rules(mean=False)) if row["flag_bridge"]}
    assert bridges == {(threshold, "1") for threshold in BITS}


def test_a_decision_is_the_strongest_link_of_an_alert_and_has_no_weight() -> None:
    rows = [record(0, n, f"{n}") for n in range(2)]
    rows += [link(0, 1, 0, kind=MUST), link(0, 0, 1, kind=CANNOT), link(0, 0, 1, float("inf"))]
    alert = [row for row in merged(rows, Rules()) if row["rule"]]
    assert [(a["threshold"], a["rule"], a["match_weight"], a["refused_links"]) for a in alert] == [("high", "cannot_link", None, 2)]


@pytest.mark.parametrize(("forenames", "joined"), [({}, False), ({"KATE": "CATHERINE"}, True), ({"CATHERINE": "KATE"}, True)])
def test_a_pet_form_is_no_other_forename(forenames: dict[str, str], *, joined: bool) -> None:
    birth = tagged(BIRTH, 5)
    rows = [record(0, n, f"{n}", value_arr=birth, forename_arr=[name]) for n, name in enumerate(("KATE", "CATHERINE"))]
    found = merged([*rows, link(0, 0, 1, 9.0)], Rules(forenames=forenames))
    assert {row["rule"] for row in found} == ({None} if joined else {None, "namesakes"})


def test_nothing_comes_of_nothing() -> None:
    assert not [*merge_components([], Rules())]
    assert not [*merge_components(SCHEMA.empty_table().to_batches(), Rules())]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=40), st.sampled_from([1, 2, 3]))
def test_cut_records_are_networkx_articulation_points(drawn: list[tuple[int, int]], clusters: int) -> None:
    """Records 0 … 11 in clusters by their remainder; among the graphs are dense ones, which are not searched."""
    pairs = sorted({(min(pair), max(pair)) for pair in drawn if pair[0] != pair[1] and (pair[0] - pair[1]) % clusters == 0})
    cluster = np.arange(12) % clusters
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    size = np.bincount(cluster)[cluster]
    assert {*np.flatnonzero(cut_records(left, right, cluster, size)).tolist()} == {*nx.articulation_points(nx.Graph(pairs))}


@pytest.mark.parametrize("graph", [nx.complete_graph(9), nx.cycle_graph(9), nx.path_graph(9), nx.star_graph(8), nx.barbell_graph(5, 0)])
def test_cut_records_of_graphs_with_names(graph: nx.Graph) -> None:
    ends = np.array(sorted(map(sorted, graph.edges)), dtype=np.int64).T
    one = np.zeros(len(graph), dtype=np.int64)
    assert {*np.flatnonzero(cut_records(*ends, one, one + len(graph))).tolist()} == {*nx.articulation_points(graph)}


@pytest.mark.parametrize("case", CASES)
def test_a_tenth_of_each_shape_takes_less_than_a_tenth_of_a_minute(case: str) -> None:
    found = measured(case, 0.1)
    assert found["processor_seconds"] < 6
    assert found["clusters_at_low"] >= 1

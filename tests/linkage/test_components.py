"""Laws of clusters: equal to networkx's components, every record once per threshold, a higher threshold only splits."""

import random
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from docketlink.config.settings import Attach, Clustering, Stage
from docketlink.contracts.links import SCORED_EDGE
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.revision import Revision, all_rows
from docketlink.contracts.spine import CLUSTER_ALERT, PAIR_OVERRIDE, PERSON_CLUSTER
from docketlink.errors import ContractError, GateError
from docketlink.linkage import clusters, contraction, exchange
from docketlink.linkage.clusters import cluster_people
from docketlink.linkage.components import components, smallest_of_component
from docketlink.linkage.contraction import contract
from docketlink.linkage.touched import Last
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import functions as F

STAGES = (
    Stage(name="criminal", sources=("prison",), model="m", thresholds={"high": 13.0, "medium": 5.0, "low": 2.0}),
    Stage(name="thin", sources=("family",), model="m", thresholds={"high": 9.0, "medium": 9.0, "low": -3.0}),
)
# rules that refuse nothing: clusters are connected components
PLAIN = Clustering(
    linkage="single", twins=False, forename_bar=0, namesake_bar=0, max_records=10**9, attach=Attach(records=0), soft_identities=10**6
)
THRESHOLDS = ("high", "medium", "low")
WEIGHTS = (20.0, 13.0, 12.9, 9.0, 8.9, 5.0, 2.0, 1.9, 0.0, -3.0, -4.0)
STATUSES = ("linkable",) * 12 + ("deleted", "organisation", "masked")


def record_frame(spark, status: dict[str, str]):
    kept = spark.createDataFrame([*status.items()], "record_id string, link_status string")
    others = [F.lit(None).cast(f.type).alias(f.name) for f in PERSON_RECORD.fields if f.name not in kept.columns]
    return PERSON_RECORD.conform(kept.select("*", *others))


def edge_frame(spark, edges: list[tuple[str, str, str, float]]):
    rows = [(*sorted((a, b)), stage, weight) for a, b, stage, weight in edges]
    kept = spark.createDataFrame(rows, "record_id_l string, record_id_r string, stage string, match_weight double")
    others = [F.lit(None).cast(f.type).alias(f.name) for f in SCORED_EDGE.fields if f.name not in kept.columns]
    return SCORED_EDGE.conform(kept.select("*", *others))


def plain(edges, records, stages=STAGES, *, driver_edges: int):
    nobody = records.sparkSession.createDataFrame([], PAIR_OVERRIDE.schema)
    return cluster_people(edges, records, nobody, stages, PLAIN, driver_edges=driver_edges).person_cluster


def clusters_of(frame) -> dict[tuple[str, str], str]:
    rows = PERSON_CLUSTER.conform(frame).toArrow().to_pylist()
    clusters = {(row["threshold"], row["record_id"]): row["cluster_id"] for row in rows}
    assert len(clusters) == len(rows), "a record occurs twice at a threshold"
    return clusters


def expected_clusters(status: dict[str, str], edges: list[tuple[str, str, str, float]]) -> dict[tuple[str, str], str]:
    bits = {stage.name: stage.thresholds for stage in STAGES}
    expected = {}
    for threshold in THRESHOLDS:
        graph = nx.Graph()
        graph.add_nodes_from(status)
        graph.add_edges_from(
            (a, b) for a, b, stage, w in edges if w >= bits[stage][threshold] and status.get(a) == status.get(b) == "linkable"
        )
        for component in nx.connected_components(graph):
            expected |= {(threshold, record): min(component) for record in component}
    return expected


def drawn_courts() -> tuple[dict[str, str], list[tuple[str, str, str, float]]]:
    """Eighty random graphs, a chain and a star in one; some records are not linkable, some ends of edges no record any more."""
    draw = random.Random(20260105)
    status: dict[str, str] = {}
    edges = []
    for graph in range(80):
        names = [f"{draw.getrandbits(64):016x}-{graph}" for _ in range(draw.randint(1, 14))]
        status |= {name: draw.choice(STATUSES) for name in names}
        density = draw.random()
        pairs = [(a, b) for i, a in enumerate(names) for b in names[:i] if draw.random() < density]
        edges += [(a, b, draw.choice(STAGES).name, draw.choice(WEIGHTS)) for a, b in pairs]
        edges += [(end, f"gone-{graph}", "criminal", 20.0) for end in {names[0], names[-1]}]
    chain = [f"chain-{n:04d}" for n in range(300)]
    star = [f"star-{n:04d}" for n in range(300)]
    status |= dict.fromkeys([*chain, *star], "linkable")
    edges += [(a, b, "criminal", 14.0) for a, b in pairwise(chain)]
    edges += [(star[150], leaf, "criminal", draw.choice(WEIGHTS)) for leaf in star if leaf != star[150]]
    return status, [*{tuple(sorted(e[:2])): e for e in edges}.values()]


@pytest.fixture(scope="module")
def courts(spark):
    status, edges = drawn_courts()
    return status, edges, record_frame(spark, status), edge_frame(spark, edges)


@pytest.fixture(scope="module")
def on_driver(courts):
    _, _, records, edges = courts
    return clusters_of(plain(edges, records, driver_edges=10**9))


def test_clusters_on_the_driver_are_networkx_components(courts, on_driver) -> None:
    status, edges, *_ = courts
    assert on_driver == expected_clusters(status, edges)


def test_clusters_on_spark_are_those_of_the_driver(courts, on_driver) -> None:
    _, _, records, edges = courts
    assert clusters_of(plain(edges, records, driver_edges=0)) == on_driver


@pytest.mark.parametrize("driver_edges", [10**9, 0], ids=["driver", "spark"])
@pytest.mark.parametrize("isolated", [0, 500], ids=["few nodes", "most nodes on no edge"])
def test_only_components_with_a_node_that_was_hit_come_out_where_these_are_asked_for(spark, driver_edges: int, isolated: int) -> None:
    draw = random.Random(7)
    edges = [(draw.randrange(120), draw.randrange(120)) for _ in range(70)]
    edges = sorted({(min(e), max(e)) for e in edges if e[0] != e[1]})
    nodes = [n for n in range(120) if n % 11] + [*range(1000, 1000 + isolated)]
    hit = [n for n in nodes if draw.random() < 0.1]
    graph = nx.Graph([e for e in edges if {*e} <= {*nodes}])
    expected = {n: min(component) for component in nx.connected_components(graph) if component & {*hit} for n in component}
    edge = spark.createDataFrame(edges, "left long, right long")
    node, asked = (spark.createDataFrame([(n,) for n in some], "node long") for some in (nodes, hit))
    found = components(edge, node, driver_edges=driver_edges, hit=asked).collect()
    assert {row.node: row.component for row in found} == expected
    assert len(found) == len(expected) < len(graph)


@pytest.mark.parametrize(
    ("sued", "of_age", "joined"), [("2008-03-01", True, False), ("2008-03-01", False, True), ("2009-01-01", True, True)]
)
def test_nobody_is_sued_before_they_are_of_age(spark, sued: str, *, of_age: bool, joined: bool) -> None:
    """An undated record of a defendant, and one of somebody born in 1991, who was seventeen in 2008; without the rule they are one."""
    rows = record_frame(spark, {"child": "linkable", "defendant": "linkable"})
    child, day = F.col("record_id") == "child", F.create_map(F.lit("of_age_on"), F.lit(sued))
    rows = rows.withColumn("dob_std", F.when(child, F.lit("1991-06-01"))).withColumn("other_map", F.when(~child, day))
    rules = PLAIN.model_copy(update={"of_age": of_age})
    nobody = spark.createDataFrame([], PAIR_OVERRIDE.schema)
    edge = edge_frame(spark, [("child", "defendant", "criminal", 19.0)])
    found = clusters_of(cluster_people(edge, rows, nobody, STAGES, rules, driver_edges=10**6).person_cluster)
    assert ({*found.values()} == {"child"}) == joined


def test_evidence_of_a_membership_is_what_networkx_says(courts) -> None:
    """Of each cluster of the plain graph: its size, the strongest edge of each record, the weakest link, and who holds it together."""
    status, edges, records, frame = courts
    rows = plain(frame, records, driver_edges=10**9).toArrow().to_pylist()
    bits = {stage.name: stage.thresholds for stage in STAGES}
    for threshold in THRESHOLDS:
        found = {row["record_id"]: row for row in rows if row["threshold"] == threshold}
        sound = [(a, b, stage, w) for a, b, stage, w in edges if status.get(a) == status.get(b) == "linkable"]
        graph = nx.Graph([(a, b, {"weight": w}) for a, b, stage, w in sound if w >= bits[stage][threshold]])
        cut = {*nx.articulation_points(graph)}
        inside = nx.Graph([(a, b, {"weight": w}) for a, b, _, w in sound if found[a]["cluster_id"] == found[b]["cluster_id"]])
        for component in nx.connected_components(graph):
            for record in component:
                row = found[record]
                best = max((inside[record][other]["weight"], other) for other in inside[record])[0]
                assert (row["cluster_size"], row["best_match_weight"], row["flag_bridge"]) == (len(component), best, record in cut)
                assert inside[record][row["best_record_id"]]["weight"] == best
            weakest = {found[record]["weakest_link_weight"] for record in component}
            tree = nx.maximum_spanning_edges(graph.subgraph(component))
            if len({stage for a, b, stage, _ in sound if a in component and b in component}) == 1:
                assert weakest == {min(link["weight"] for _, _, link in tree)}
        alone = [row for record, row in found.items() if record not in graph]
        assert all((row["cluster_size"], row["best_match_weight"], row["flag_bridge"]) == (1, None, False) for row in alone)


def test_a_higher_threshold_only_splits(on_driver) -> None:
    for above, below in (("high", "medium"), ("medium", "low")):
        inside: dict[str, set[str]] = {}
        for (threshold, record), cluster in on_driver.items():
            if threshold == above:
                inside.setdefault(cluster, set()).add(on_driver[below, record])
        assert all(len(clusters) == 1 for clusters in inside.values())


def test_records_that_are_not_linkable_are_clusters_of_one(courts, on_driver) -> None:
    status, *_ = courts
    alone = [record for record, is_now in status.items() if is_now != "linkable"]
    assert alone
    for threshold in THRESHOLDS:
        assert all(on_driver[threshold, record] == record for record in alone)
        for record in alone:
            assert [r for (t, r), cluster in on_driver.items() if t == threshold and cluster == record] == [record]


def test_order_partitions_parts_of_a_fetch_and_colliding_surrogates_change_nothing(courts, on_driver, monkeypatch) -> None:
    _, _, records, edges = courts
    sound = exchange.surrogate
    monkeypatch.setattr(exchange, "FETCH_ROWS", 300)
    for module in (exchange, clusters):
        monkeypatch.setattr(
            module, "surrogate", lambda record_id, seed: sound(record_id, seed) if seed else F.pmod(sound(record_id, 0), F.lit(99))
        )
    shuffled = edges.repartition(5, "match_weight").sort("rule", F.xxhash64("record_id_r"))
    assert clusters_of(plain(shuffled, records.repartition(3), driver_edges=10**9)) == on_driver


def test_a_court_without_an_edge_has_clusters_of_one(spark) -> None:
    records = record_frame(spark, {"b": "linkable", "a": "deleted"})
    expected = {(t, r): r for t in THRESHOLDS for r in "ab"}
    assert clusters_of(plain(edge_frame(spark, []), records, driver_edges=10)) == expected
    assert clusters_of(plain(edge_frame(spark, [("a", "b", "criminal", 20.0)]), records, (STAGES[0],), driver_edges=0)) == expected


def test_an_edge_that_cannot_be_judged_is_refused_without_its_value(spark) -> None:
    records = record_frame(spark, {"a": "linkable", "b": "linkable", "c": "linkable", "d": "linkable"})
    edges = edge_frame(spark, [("a", "b", "criminal", float("nan")), ("a", "c", "forgotten", 1.0), ("a", "d", "criminal", 20.0)])
    with pytest.raises(ContractError, match=r"identity\.scored_edge: 2 edges .*linkage\.yml.* Next: score") as refusal:
        plain(edges, records, driver_edges=10)
    assert "forgotten" not in str(refusal.value)


def test_record_ids_that_occur_twice_are_refused(spark) -> None:
    records = record_frame(spark, {"a": "linkable", "b": "linkable"})
    with pytest.raises(GateError, match="occur twice"):
        plain(edge_frame(spark, []), records.unionAll(records), driver_edges=10)


def test_contraction_of_a_chain_of_ten_thousand_takes_no_more_than_twenty_rounds(spark, monkeypatch) -> None:
    """In one frame with a star, a ring with loops and repeated edges, and a chain in another order; a plain loop needs 9,999."""
    monkeypatch.setattr(contraction, "MAX_ROUNDS", 20)
    draw = np.random.default_rng(7)
    n = 10_000
    shuffled = draw.permutation(2_000)
    graphs = {
        0: [(i, i + 1) for i in range(n - 1)],
        1: [(int(a), int(b)) for a, b in pairwise(shuffled)],
        2: [(n - 1, i) for i in range(2_000)],
        3: [(i, (i + 1) % 50) for i in range(50)] * 2 + [(7, 7), (-5, -6)],
        4: [(int(a), int(b)) for a, b in draw.integers(-500, 500, (450, 2))],
    }
    rows = [(graph, a, b) for graph, pairs in graphs.items() for a, b in pairs]
    found = contract(spark.createDataFrame(rows, "graph int, left long, right long").repartition(3)).toArrow().to_pylist()
    expected = {
        (graph, node): min(component)
        for graph, pairs in graphs.items()
        for component in nx.connected_components(nx.Graph([(a, b) for a, b in pairs if a != b]))
        for node in component
    }
    assert {(row["graph"], row["node"]): row["component"] for row in found} == expected
    assert len(found) == len(expected)


def test_rounds_grow_with_the_logarithm_of_a_chain(spark) -> None:
    """In the order of their names and in none; a plain loop needs n - 1. benchmarks/components.py holds a million nodes to it."""
    rounds = {}
    for n, name in ((100, F.xxhash64), (10_000, F.xxhash64), (10_000, F.abs)):  # abs leaves the names in order
        told: list[tuple[int, int]] = []
        ends = [name(F.col("id")).alias("left"), name(F.col("id") + 1).alias("right")]
        edge = spark.range(n - 1).select(F.lit(1).alias("graph"), *ends)
        found = contract(edge, lambda number, edges, told=told: told.append((number, edges)))
        assert found.agg(F.count_distinct("node"), F.count_distinct("component")).first()[:] == (n, 1)
        assert [number for number, _ in told] == [*range(1, len(told) + 1)]
        rounds[n, name.__name__] = len(told)
    assert all(count <= 1.5 * np.log2(n) + 2 for (n, _), count in rounds.items()), rounds


def chain(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(3).permutation(nodes).astype(np.int32)
    return order[:-1], order[1:]


def star(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(nodes - 1, nodes - 1, dtype=np.int32), np.arange(nodes - 1, dtype=np.int32)


def complete_graph(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    left, right = np.triu_indices(int(np.sqrt(2 * nodes)), 1)
    return left.astype(np.int32), right.astype(np.int32)


@pytest.mark.parametrize("shape", [chain, star, complete_graph])
def test_a_million_edges_of_one_shape_are_one_component_on_the_driver_and_without_one_edge_what_networkx_says(shape) -> None:
    left, right = shape(1_000_000)
    assert not smallest_of_component(left, right, int(max(left.max(), right.max())) + 1).any()
    left, right = shape(10_000)
    nodes, there = int(max(left.max(), right.max())) + 1, np.arange(len(left)) != len(left) // 2
    graph = nx.Graph(zip(left[there].tolist(), right[there].tolist(), strict=True))
    graph.add_nodes_from(range(nodes))
    expected = {node: min(component) for component in nx.connected_components(graph) for node in component}
    assert dict(enumerate(smallest_of_component(left[there], right[there], nodes).tolist())) == expected


def test_a_contraction_that_runs_out_of_rounds_is_refused_with_a_way_out(spark, monkeypatch) -> None:
    monkeypatch.setattr(contraction, "MAX_ROUNDS", 1)
    with pytest.raises(GateError, match=r"raise linkage\.driver_edges"):
        contract(spark.createDataFrame([(1, 1, 2), (1, 2, 3)], "graph int, left long, right long"))


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))))
def test_the_smallest_node_names_the_component(drawn) -> None:
    nodes, pairs = drawn
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int32) for side in (0, 1))
    graph = nx.Graph(pairs)
    graph.add_nodes_from(range(nodes))
    expected = {node: min(component) for component in nx.connected_components(graph) for node in component}
    assert dict(enumerate(smallest_of_component(left, right, nodes).tolist())) == expected


@pytest.mark.parametrize(("seed", "taken_over"), [(0, True), (1, False)])
def test_nothing_is_taken_over_where_two_records_share_the_name_that_tells_what_changed(
    spark, monkeypatch: pytest.MonkeyPatch, seed: int, *, taken_over: bool
) -> None:
    monkeypatch.setattr("docketlink.linkage.clusters.collision_free_seed", lambda ids: seed)
    rows, nobody = record_frame(spark, {"a": "linkable", "b": "linkable"}), spark.createDataFrame([], PAIR_OVERRIDE.schema)
    edge = edge_frame(spark, [("a", "b", "criminal", 19.0)])
    unchanged = spark.createDataFrame([], "record_node long")
    before = [spark.createDataFrame([], table.schema) for table in (PERSON_CLUSTER, CLUSTER_ALERT)]
    made = cluster_people(edge, rows, nobody, STAGES, PLAIN, driver_edges=10**6, last=Last(*before, unchanged, 0)).person_cluster
    assert isinstance(made, Revision) == taken_over
    assert all_rows(made).count() == (0 if taken_over else 6)

"""The path of links: the maximum spanning tree, one answer whatever the order."""

from math import inf

import networkx as nx
from docketlink.linkage.spanning import strongest_links
from hypothesis import given
from hypothesis import strategies as st

LINK = st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), st.sampled_from((-3.0, 0.0, 2.5, 2.5, 20.0, inf)))
LINKS = st.lists(LINK.filter(lambda link: link[0] < link[1]), max_size=20, unique_by=lambda link: link[:2])


@given(LINKS, st.randoms())
def test_the_path_is_a_maximum_spanning_forest_whatever_the_order(links, random) -> None:
    path = strongest_links(links)
    graph, tree = nx.Graph(), nx.Graph()
    graph.add_weighted_edges_from((a, b, min(weight, 100.0)) for a, b, weight in links)
    tree.add_weighted_edges_from((a, b, min(weight, 100.0)) for a, b, weight in path)
    assert {*path} <= {*links}
    assert {frozenset(c) for c in nx.connected_components(tree)} == {frozenset(c) for c in nx.connected_components(graph)}
    assert tree.size(weight="weight") == nx.maximum_spanning_tree(graph).size(weight="weight")
    random.shuffle(links)
    assert strongest_links(links) == path
    assert [weight for *_, weight in path] == sorted((weight for *_, weight in path), reverse=True)

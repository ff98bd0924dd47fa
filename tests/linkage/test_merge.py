"""Laws of merging under rules: equal to a slow reference, nested, decisions kept, every refusal accounted for; and what each rule does."""

from dataclasses import replace

import networkx as nx
import pytest
from docketlink.config.settings import Clustering
from docketlink.linkage import kernel_merge
from docketlink.linkage.clusters import kernel_rules
from docketlink.linkage.kernel_merge import HIGH, LOW, MEDIUM, Component, Merged, merge
from docketlink.linkage.kernel_rules import Rules
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.linkage.merging import BITS, LEVELS, Reference, component, graphs

FREE = Rules(
    mean=False,
    attach_records=0,
    twins=False,
    forename_bar=0.0,
    namesake_bar=0.0,
    max_registers=99,
    max_birth_years=999,
    soft_identities=99,
)


def clusters(merged: Merged, level: int) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for record, cluster in enumerate(merged.clusters[level]):
        found.setdefault(cluster, []).append(record)
    assert all(cluster == min(members) for cluster, members in found.items())
    return sorted(found.values())


def refused(merged: Merged) -> set[tuple[int, int, str]]:
    return {(r.left, r.right, r.rule) for r in merged.refused}


STRICT = Rules(max_registers=2, soft_identities=1, attach_records=1, attach_best=2, attach_ahead=1.0, bar_from=6.0, bar_top=14.0)
STRANGERS = replace(FREE, forename_bar=11.0, namesake_bar=9.0)
RULES = st.sampled_from(
    [
        FREE,
        replace(FREE, mean=True),
        replace(FREE, mean=True, attach_records=1, attach_best=2, attach_ahead=1.0),
        replace(FREE, attach_records=2, attach_ahead=0.0),
        Rules(),
        STRANGERS,
        STRICT,
        replace(STRICT, mean=False, max_records=3),
        replace(STRICT, least_mean=3.0, missing_pair=-4.0, max_records=5, soft_identities=2),
    ]
)


@settings(max_examples=400, deadline=None)
@given(graphs(), RULES)
def test_everything_is_as_in_the_reference(of: Component, rules: Rules) -> None:
    expected, merged = Reference(of, rules).run(), merge(of, rules)
    assert {level: clusters(merged, level) for level in LEVELS} == expected.found
    assert merged.weakest == expected.weakest
    assert merged.attached == expected.attached
    assert refused(merged) == expected.refused


@settings(deadline=None)
@given(graphs(), RULES)
def test_clusters_nest_and_decisions_to_part_hold_through_every_closure(of: Component, rules: Rules) -> None:
    merged = merge(of, rules)
    for tighter, looser in ((HIGH, MEDIUM), (MEDIUM, LOW)):
        inside = {}
        for record, cluster in enumerate(merged.clusters[tighter]):
            assert inside.setdefault(cluster, merged.clusters[looser][record]) == merged.clusters[looser][record]
    assert all(merged.clusters[LOW][a] != merged.clusters[LOW][b] for a, b in of.cannot)
    parted = {frozenset(pair) for pair in of.cannot}
    joined = [pair for pair in of.must if frozenset(pair) not in parted]
    broken = {(r.left, r.right) for r in merged.refused if r.edge < 0}
    assert all(merged.clusters[HIGH][a] == merged.clusters[HIGH][b] or (a, b) in broken for a, b in joined)


@settings(deadline=None)
@given(graphs(), RULES)
def test_every_link_that_reaches_a_threshold_lies_inside_a_cluster_or_was_refused(of: Component, rules: Rules) -> None:
    merged = merge(of, rules)
    told = {(r.left, r.right) for r in merged.refused}
    low = merged.clusters[LOW]
    assert all(low[a] != low[b] for a, b in told)
    reaching = {(a, b) for a, b, level in zip(of.left, of.right, of.level, strict=True) if level}
    assert {pair for pair in reaching if low[pair[0]] != low[pair[1]]} == told - {*of.must} | (told & reaching)


@settings(deadline=None)
@given(graphs(), RULES, st.randoms(use_true_random=False))
def test_renaming_records_changes_nothing_while_weights_differ(of: Component, rules: Rules, draw) -> None:
    new = [*range(of.records)]
    draw.shuffle(new)
    edges = {(min(new[a], new[b]), max(new[a], new[b])): w for a, b, w in zip(of.left, of.right, of.weight, strict=True)}
    known = {}
    for name in ("identity", "pncs", "cros", "born", "born_by", "births", "dobs", "places", "forenames"):
        if column := getattr(of, name):
            known[name] = [column[new.index(record)] for record in range(of.records)]
    renamed = merge(component(of.records, edges, cannot=[(new[b], new[a]) for a, b in of.cannot], alike=of.alike, **known), rules)
    merged = merge(replace(of, must=[]), rules)
    for level in LEVELS:
        assert clusters(renamed, level) == sorted(sorted(new[record] for record in cluster) for cluster in clusters(merged, level))
    ends = {(frozenset((new[a], new[b])), rule) for a, b, rule in refused(merged)}
    assert {(frozenset((a, b)), rule) for a, b, rule in refused(renamed)} == ends


@settings(deadline=None)
@given(graphs())
def test_the_weakest_link_is_the_largest_weight_at_which_the_cluster_hangs_together(of: Component) -> None:
    merged = merge(replace(of, must=[], cannot=[], born_by=[]), FREE)
    links = [(a, b, w) for a, b, w in zip(of.left, of.right, of.weight, strict=True) if w >= BITS[LOW]]
    expected = {}
    for cluster in clusters(merged, LOW):
        for bits in sorted({w for _, _, w in links}, reverse=True):
            graph = nx.Graph([(a, b) for a, b, w in links if w >= bits and a in cluster])
            if {*graph} == {*cluster} and nx.is_connected(graph):
                expected[cluster[0]] = bits
                break
    assert merged.weakest[LOW] == expected


@settings(deadline=None)
@given(graphs())
def test_a_few_large_clusters_are_judged_as_small_ones(of: Component) -> None:
    """Verdicts on large clusters are remembered."""
    for rules in (STRICT, replace(STRICT, least_mean=3.0, missing_pair=-4.0)):
        plain = merge(of, rules)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernel_merge, "_LARGE", 1)
            assert merge(of, rules) == plain


PAIR = {(0, 1): 9.0}
WEAK = {(0, 1): 7.0}
TWIN = {"births": [[5], [5]], "dobs": [[1], [1]], "places": [[7], [7]]}
MOVED = {**TWIN, "places": [[7], [8]]}
SCENARIOS: dict[str, tuple[int, dict[tuple[int, int], float], dict, Rules, set[str]]] = {
    "a link joins": (2, PAIR, {}, Rules(), set()),
    "a decision to part wins over any link": (2, {(0, 1): 99.0}, {"cannot": [(0, 1)]}, Rules(), {"cannot_link"}),
    "a decision to join wins over the mean": (2, {(0, 1): -9.0}, {"must": [(0, 1)]}, Rules(), set()),
    "one decision to join and one to part: parted": (2, {}, {"must": [(0, 1)], "cannot": [(0, 1)]}, Rules(), {"cannot_link"}),
    "twins": (2, PAIR, {**TWIN, "forenames": [["ANN"], ["ROSE"]]}, Rules(), {"twins"}),
    "twins who live apart, by a weak link": (2, PAIR, {**MOVED, "forenames": [["ANN"], ["ROSE"]]}, Rules(), {"namesakes"}),
    "a strong one": (2, {(0, 1): 14.0}, {**MOVED, "forenames": [["ANN"], ["ROSE"]]}, Rules(), set()),
    "a short form elsewhere": (2, PAIR, {**MOVED, "forenames": [["ANN"], ["ANNE"]]}, Rules(), set()),
    "another surname elsewhere": (2, WEAK, {**MOVED, "births": [[5], [6]], "forenames": [["ANN"], ["ANN"]]}, Rules(), {"namesakes"}),
    "another surname, a strong link": (2, PAIR, {**MOVED, "births": [[5], [6]], "forenames": [["ANN"], ["ANN"]]}, Rules(), set()),
    "another surname at home": (2, WEAK, {**TWIN, "births": [[5], [6]], "forenames": [["ANN"], ["ANN"]]}, Rules(), set()),
    "another date of birth elsewhere": (2, WEAK, {"dobs": [[1], [2]], "places": [[7], [8]]}, Rules(), {"namesakes"}),
    "a date of birth in common": (2, WEAK, {"dobs": [[1], [1, 2]], "places": [[7], [8]]}, Rules(), set()),
    "a date of birth that is not known": (2, WEAK, {"dobs": [[1], []], "places": [[7], [8]]}, Rules(), set()),
    "a number in common": (2, WEAK, {"dobs": [[1], [2]], "places": [[7], [8]], "cros": [[1], [1]]}, Rules(), set()),
    "no bar, no namesakes": (2, WEAK, {"dobs": [[1], [2]], "places": [[7], [8]]}, Rules(namesake_bar=0.0), set()),
    "a shared number makes twins one": (2, PAIR, {**TWIN, "pncs": [[1], [1]], "forenames": [["ANN"], ["ROSE"]]}, Rules(), set()),
    "a very strong link too": (2, {(0, 1): 21.0}, {**TWIN, "forenames": [["ANN"], ["ROSE"]]}, Rules(), set()),
    "unless numbers differ": (2, {(0, 1): 21.0}, {**TWIN, "cros": [[1], [2]], "forenames": [["ANN"], ["ROSE"]]}, Rules(), {"twins"}),
    "a short form is no twin": (2, PAIR, {**TWIN, "forenames": [["ANN"], ["ANNE"]]}, Rules(), set()),
    "a short form with another number is": (2, PAIR, {**TWIN, "pncs": [[1], [2]], "forenames": [["ANN"], ["ANNE"]]}, Rules(), {"twins"}),
    "a forename in common is no twin": (2, PAIR, {**TWIN, "forenames": [["ANN", "ROSE"], ["ROSE"]]}, Rules(), set()),
    "no twins rule, no twins": (2, PAIR, {**TWIN, "forenames": [["ANN"], ["ROSE"]]}, Rules(twins=False), set()),
    "three numbers": (2, PAIR, {"pncs": [[1, 2], [3]]}, Rules(), {"registers"}),
    "three numbers, one in common": (2, PAIR, {"pncs": [[1, 2], [2, 3]]}, Rules(), set()),
    "two numbers": (2, PAIR, {"cros": [[1], [2]]}, Rules(), set()),
    "father and son": (2, PAIR, {"born": [1960, 1988]}, Rules(), {"birth_years"}),
    "a slip in one digit": (2, PAIR, {"born": [1960, 1990]}, Rules(), set()),
    "a slip of the pen": (2, PAIR, {"born": [1960, 1972]}, Rules(), set()),
    "sued before the other was of age": (2, PAIR, {"born": [None, 1990], "born_by": [1989, None]}, Rules(), {"age"}),
    "sued as a child, a very strong link": (2, {(0, 1): 21.0}, {"born": [None, 1990], "born_by": [1989, None]}, Rules(), set()),
    "sued as a child, a number in common": (
        2, PAIR, {"born": [None, 1990], "born_by": [1989, None], "pncs": [[1], [1]]}, Rules(), set(),
    ),
    "a decision that a child was sued, and a third record": (
        3, {(1, 2): 9.0, (0, 2): 9.0}, {"born": [None, 1990, 1990], "born_by": [1989, None, None], "must": [(0, 1)]}, Rules(), set(),
    ),
    "sued when of age": (2, PAIR, {"born": [None, 1989], "born_by": [1989, None]}, Rules(), set()),
    "of age by one of two dates of birth": (
        3, {(0, 1): 20.0, (0, 2): 5.0, (1, 2): 5.0}, {"born": [1990, 1989, None], "born_by": [None, None, 1989]}, Rules(), set(),
    ),
    "too large": (2, {(0, 1): 50.0}, {}, Rules(max_records=1), {"size"}),
    "a weak link to yet another name": (2, {(0, 1): 5.0}, {"identity": [1, 2]}, Rules(soft_identities=1), {"identities"}),
    "a link strong enough for it": (2, {(0, 1): 7.0}, {"identity": [1, 2]}, Rules(soft_identities=1), set()),
    "one lucky link between two clusters": (
        4, {(0, 1): 20.0, (2, 3): 20.0, (1, 2): 8.0, (0, 2): -9.0, (0, 3): -9.0, (1, 3): -9.0}, {}, Rules(), {"mean"},
    ),
    "single linkage takes it": (
        4, {(0, 1): 20.0, (2, 3): 20.0, (1, 2): 8.0, (0, 2): -9.0, (0, 3): -9.0, (1, 3): -9.0}, {}, Rules(mean=False), set(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_rule_refuses_what_it_says(name: str) -> None:
    records, edges, known, rules, expected = SCENARIOS[name]
    merged = merge(component(records, edges, alike=lambda a, b: a[:3] == b[:3], **known), rules)
    assert {rule for _, _, rule in refused(merged)} == expected
    assert (len(clusters(merged, LOW)) == 1) == (not expected)


LARGE = {(a, b): 20.0 for a in range(4) for b in range(a)} | {(a, b): 20.0 for a in range(5, 9) for b in range(5, a)}


@pytest.mark.parametrize(
    ("weights", "attached"),
    [
        ({(0, 4): 3.0, (1, 4): 2.5, (2, 4): -9.0}, False),
        ({(0, 4): 3.0, (1, 4): 2.5, (2, 4): -1.0}, True),
        ({(0, 4): 3.0, (1, 4): 2.5, (2, 4): -1.0, (4, 5): 1.0, (4, 6): 1.0, (4, 7): 1.0}, False),
    ],
    ids=["behind the bar", "ahead", "not clearly ahead of the next"],
)
def test_a_fragment_joins_the_cluster_that_its_best_weights_name(weights: dict[tuple[int, int], float], *, attached: bool) -> None:
    edges = {(min(p), max(p)): w for p, w in LARGE.items()} | weights
    merged = merge(component(9, edges), replace(Rules(), least_mean=5.0))
    assert (merged.clusters[MEDIUM][4] == 0) == attached
    assert merged.attached == ({4} if attached else set())


APART = {pair: -9.0 for pair in ((0, 2), (0, 3), (1, 2), (1, 3))}  # bits between {0, 1} and {2, 3}


def test_each_refused_link_has_its_own_rule() -> None:
    """The first is strong enough for a third register number, the second is not; the mean is against both."""
    edges = {**APART, (0, 1): 24.0, (2, 3): 23.0, (0, 2): 22.0, (1, 3): 5.0, (0, 3): -20.0, (1, 2): -20.0}
    merged = merge(component(4, edges, pncs=[[1], [2], [3], []]), Rules())
    assert refused(merged) == {(0, 2, "mean"), (1, 3, "registers")}


def test_a_refused_merge_tells_the_last_rule_that_refused_it() -> None:
    """A link is weighed again when clusters grew: by then a decision stands between them, not only the mean."""
    edges = {(0, 1): 24.0, (0, 2): 20.0, (1, 2): -40.0, (2, 3): 19.0}
    merged = merge(component(4, edges, cannot=[(1, 3)]), Rules(attach_records=0))
    assert refused(merged) == {(0, 2, "cannot_link")}


def test_the_weakest_link_is_that_of_the_merge_and_decisions_have_none() -> None:
    merged = merge(component(5, {(0, 1): 20.0, (1, 2): 5.0, (0, 2): 9.0}, must=[(3, 4)]), Rules())
    assert merged.weakest == {HIGH: {0: 20.0}, MEDIUM: {0: 9.0}, LOW: {0: 9.0}}


def test_rules_of_the_kernel_default_to_those_of_the_configuration() -> None:
    assert kernel_rules(Clustering()) == Rules()

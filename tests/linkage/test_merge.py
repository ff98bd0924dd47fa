"""Laws of merging under rules: equal to a slow reference, nested, decisions kept, every refusal accounted for; and what each rule does."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from docketlink.linkage.kernel_merge import HIGH, LOW, MEDIUM, Component, Merged, Rules, merge
from hypothesis import given
from hypothesis import strategies as st

LEVELS = (HIGH, MEDIUM, LOW)
BITS = {HIGH: 13.0, MEDIUM: 4.0, LOW: 2.0}
FREE = Rules(mean=False, attach_records=0, twins=False, max_registers=99, max_birth_years=999, soft_identities=99)


def component(records: int, edges: dict[tuple[int, int], float], **known) -> Component:
    """Edges in the order in which they merge."""
    level = {pair: sum(weight >= bits for bits in BITS.values()) for pair, weight in edges.items()}
    ordered = sorted(edges, key=lambda pair: (-level[pair], -edges[pair], pair))
    return Component(
        records=records,
        left=[a for a, _ in ordered],
        right=[b for _, b in ordered],
        weight=[edges[pair] for pair in ordered],
        level=[level[pair] for pair in ordered],
        **known,
    )


def clusters(merged: Merged, level: int) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for record, cluster in enumerate(merged.clusters[level]):
        found.setdefault(cluster, []).append(record)
    assert all(cluster == min(members) for cluster, members in found.items())
    return sorted(found.values())


def refused(merged: Merged) -> set[tuple[int, int, str]]:
    return {(r.left, r.right, r.rule) for r in merged.refused}


class Reference:
    """The documented rules for links, decisions, the mean and fragments, computed from scratch at every step."""

    def __init__(self, of: Component, rules: Rules) -> None:
        self.of, self.rules = of, rules
        self.weight = {frozenset(pair): w for *pair, w in zip(of.left, of.right, of.weight, strict=True)}
        self.clusters = [{record} for record in range(of.records)]

    def run(self) -> dict[int, list[list[int]]]:
        found = {}
        for left, right in self.of.must:
            self.consider(left, right, decided=True)
        for level in LEVELS:
            links = [(a, b) for a, b, at in zip(self.of.left, self.of.right, self.of.level, strict=True) if at == level]
            for _ in range(3):
                for left, right in links:
                    self.consider(left, right, decided=False)
            if level == MEDIUM and self.rules.attach_records:
                self.attach()
            found[level] = sorted(sorted(cluster) for cluster in self.clusters)
        return found

    def cluster(self, record: int) -> set[int]:
        return next(cluster for cluster in self.clusters if record in cluster)

    def parted(self, one: set[int], other: set[int]) -> bool:
        return any((a in one and b in other) or (b in one and a in other) for a, b in self.of.cannot)

    def consider(self, left: int, right: int, *, decided: bool) -> None:
        one, other = self.cluster(left), self.cluster(right)
        if one is other or self.parted(one, other):
            return
        weights = [self.weight.get(frozenset((a, b)), self.rules.missing_pair) for a in one for b in other]
        if decided or not self.rules.mean or sum(weights) >= self.rules.least_mean * len(weights):
            self.join(one, other)

    def join(self, one: set[int], other: set[int]) -> None:
        self.clusters = [c for c in self.clusters if c is not one and c is not other] + [one | other]

    def offers(self, fragment: set[int]) -> Iterator[tuple[float, int]]:
        for home in self.clusters:
            known = [w for pair, w in self.weight.items() if len(pair & fragment) == 1 and len(pair & home) == 1]
            if len(home) > self.rules.attach_records and home is not fragment and known:
                best = (sorted(known, reverse=True) + [self.rules.missing_pair] * self.rules.attach_best)[: self.rules.attach_best]
                yield sum(best) / len(best), min(home)

    def attach(self) -> None:
        chosen = []
        for fragment in self.clusters:
            offers = sorted(self.offers(fragment), reverse=True)
            ahead = offers[0][0] - offers[1][0] if len(offers) > 1 else self.rules.attach_ahead
            is_small = len(fragment) <= self.rules.attach_records
            if is_small and offers and offers[0][0] >= self.rules.attach_least and ahead >= self.rules.attach_ahead:
                chosen.append((-offers[0][0], min(fragment), offers[0][1]))
        for _, fragment, home in sorted(chosen):
            one, other = self.cluster(fragment), self.cluster(home)
            if not self.parted(one, other):
                self.join(one, other)


@st.composite
def graphs(draw: st.DrawFn) -> Component:
    records = draw(st.integers(2, 9))
    pairs = (
        st.tuples(st.integers(0, records - 1), st.integers(0, records - 1)).filter(lambda p: p[0] != p[1]).map(lambda p: (min(p), max(p)))
    )
    # eighths are exact, so that sums do not depend on their order; no two weights are the same
    weights = st.lists(st.integers(-80, 240), min_size=20, max_size=20, unique=True)
    chosen = draw(st.lists(pairs, max_size=20, unique=True))
    edges = dict(zip(chosen, (w / 8 for w in draw(weights)), strict=False))
    decided = draw(st.lists(pairs, max_size=4, unique=True))
    split = draw(st.integers(0, len(decided)))
    return component(records, edges, must=sorted(decided[:split]), cannot=decided[split:])


RULES = st.sampled_from([FREE, replace(FREE, mean=True), replace(FREE, mean=True, attach_records=1, attach_best=2, attach_ahead=1.0)])


@given(graphs(), RULES)
def test_clusters_are_those_of_the_reference(of: Component, rules: Rules) -> None:
    expected, merged = Reference(of, rules).run(), merge(of, rules)
    assert {level: clusters(merged, level) for level in LEVELS} == expected


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


@given(graphs(), RULES)
def test_every_link_that_reaches_a_threshold_lies_inside_a_cluster_or_was_refused(of: Component, rules: Rules) -> None:
    merged = merge(of, rules)
    told = {(r.left, r.right) for r in merged.refused}
    low = merged.clusters[LOW]
    assert all(low[a] != low[b] for a, b in told)
    reaching = {(a, b) for a, b, level in zip(of.left, of.right, of.level, strict=True) if level}
    assert {pair for pair in reaching if low[pair[0]] != low[pair[1]]} == told - {*of.must} | (told & reaching)


PAIR = {(0, 1): 9.0}
TWIN = {"births": [[5], [5]], "places": [[7], [7]]}
SCENARIOS: dict[str, tuple[int, dict[tuple[int, int], float], dict, Rules, set[str]]] = {
    "a link joins": (2, PAIR, {}, Rules(), set()),
    "a decision to part wins over any link": (2, {(0, 1): 99.0}, {"cannot": [(0, 1)]}, Rules(), {"cannot_link"}),
    "a decision to join wins over the mean": (2, {(0, 1): -9.0}, {"must": [(0, 1)]}, Rules(), set()),
    "one decision to join and one to part: parted": (2, {}, {"must": [(0, 1)], "cannot": [(0, 1)]}, Rules(), {"cannot_link"}),
    "twins": (2, PAIR, {**TWIN, "forenames": [["ANN"], ["ROSE"]]}, Rules(), {"twins"}),
    "twins who live apart cannot be told": (2, PAIR, {**TWIN, "places": [[7], [8]], "forenames": [["ANN"], ["ROSE"]]}, Rules(), set()),
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
    "too large": (2, {(0, 1): 50.0}, {}, Rules(max_records=1), {"size"}),
    "a weak link to yet another name": (2, {(0, 1): 5.0}, {"identity": [1, 2]}, Rules(soft_identities=1), {"identities"}),
    "a strong one": (2, {(0, 1): 7.0}, {"identity": [1, 2]}, Rules(soft_identities=1), set()),
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


def test_the_weakest_link_is_that_of_the_merge_and_decisions_have_none() -> None:
    merged = merge(component(5, {(0, 1): 20.0, (1, 2): 5.0, (0, 2): 9.0}, must=[(3, 4)]), Rules())
    assert merged.weakest == {HIGH: {0: 20.0}, MEDIUM: {0: 9.0}, LOW: {0: 9.0}}

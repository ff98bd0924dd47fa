"""Merging computed twice: components to merge, drawn at random, and a slow reference that applies the documented rules over sets."""

from collections.abc import Iterator

from docketlink.linkage.kernel_merge import HIGH, LOW, MEDIUM, Component
from docketlink.linkage.kernel_rules import Rules
from hypothesis import strategies as st

LEVELS = (HIGH, MEDIUM, LOW)
BITS = {HIGH: 13.0, MEDIUM: 4.0, LOW: 2.0}


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


class Reference:
    """The documented rules, computed from scratch at every step over sets of records; ``refused`` holds the last verdict on each link."""

    def __init__(self, of: Component, rules: Rules) -> None:
        self.of, self.rules = of, rules
        self.weight = {frozenset(pair): w for *pair, w in zip(of.left, of.right, of.weight, strict=True)}
        self.clusters = [{record} for record in range(of.records)]
        self.links: dict[frozenset[int], list[float]] = {}  # that merged a cluster
        self.attached: set[int] = set()
        self.verdict: dict[tuple[int, int], str] = {}

    def run(self) -> "Reference":
        self.found, self.weakest = {}, {}
        for left, right in self.of.must:
            self.consider(left, right, None)
        for level in LEVELS:
            links = [
                (a, b, w) for a, b, w, at in zip(self.of.left, self.of.right, self.of.weight, self.of.level, strict=True) if at == level
            ]
            for _ in range(3):
                for link in links:
                    self.consider(*link)
            if level == MEDIUM and self.rules.attach_records:
                self.attach()
            self.found[level] = sorted(sorted(cluster) for cluster in self.clusters)
            self.weakest[level] = {min(c): min(self.links[frozenset(c)]) for c in self.clusters if self.links.get(frozenset(c))}
        return self

    @property
    def refused(self) -> set[tuple[int, int, str]]:
        return {(*pair, rule) for pair, rule in self.verdict.items() if self.cluster(pair[0]) is not self.cluster(pair[1])}

    def cluster(self, record: int) -> set[int]:
        return next(cluster for cluster in self.clusters if record in cluster)

    def consider(self, left: int, right: int, weight: float | None) -> None:
        one, other = self.cluster(left), self.cluster(right)
        if one is other:
            return
        rule = self.against(one, other, weight)
        if rule:
            self.verdict[left, right] = rule
        else:
            self.join(one, other, weight)

    def join(self, one: set[int], other: set[int], weight: float | None) -> None:
        links = self.links.pop(frozenset(one), []) + self.links.pop(frozenset(other), []) + ([] if weight is None else [weight])
        self.links[frozenset(one | other)] = links
        self.clusters = [c for c in self.clusters if c is not one and c is not other] + [one | other]

    def against(self, one: set[int], other: set[int], weight: float | None) -> str | None:
        rules = self.rules
        if any((a in one and b in other) or (b in one and a in other) for a, b in self.of.cannot):
            return "cannot_link"
        if weight is None:
            return None
        twins = self.twins(one, other)
        if twins and self.numbers_differ(one, other):
            return "twins"
        if len(one) + len(other) > rules.max_records:
            return "size"
        if weight < rules.bar_top:
            if twins:
                return "twins"
            if (
                self.too_young(one | other)
                and not self.too_young(one)
                and not self.too_young(other)
                and not self.numbers_shared(one, other)
            ):
                return "age"
            if self.too_many_numbers(one, other):
                return "registers"
            if self.generations_apart(one, other):
                return "birth_years"
        if not twins and weight < self.bar_of_namesakes(one, other):
            return "namesakes"
        people = {self.of.identity[record] for record in one | other if self.of.identity} - {None}
        extra = len(people) - rules.soft_identities - int(len(one | other) * rules.identities_per_record)
        if extra > 0 and weight < min(rules.bar_from + extra * rules.bar_step, rules.bar_top):
            return "identities"
        weights = [self.weight.get(frozenset((a, b)), rules.missing_pair) for a in one for b in other]
        return "mean" if rules.mean and sum(weights) < rules.least_mean * len(weights) else None

    def values(self, column: str, cluster: set[int]) -> set:
        known = getattr(self.of, column)
        return {value for record in cluster for value in known[record]} if known else set()

    def numbers_shared(self, one: set[int], other: set[int]) -> bool:
        return any(self.values(column, one) & self.values(column, other) for column in ("pncs", "cros"))

    def numbers_differ(self, one: set[int], other: set[int]) -> bool:
        known = any(self.values(column, one) and self.values(column, other) for column in ("pncs", "cros"))
        return known and not self.numbers_shared(one, other)

    def twins(self, one: set[int], other: set[int]) -> bool:
        """Every surname and date of birth in common has other forenames on each side, and they share a place but no number."""
        if not self.rules.twins or self.numbers_shared(one, other):
            return False
        if not self.values("places", self.named(one)) & self.values("places", self.named(other)):
            return False
        return self.other_forenames(one, other, short_forms=not self.numbers_differ(one, other))

    def bar_of_namesakes(self, one: set[int], other: set[int]) -> float:
        """No number and no place in common, and other forenames; or, both with places, another surname or another date of birth."""
        places = [self.values("places", cluster) for cluster in (one, other)]
        if self.numbers_shared(one, other) or places[0] & places[1] or self.too_many_numbers(one, other):
            return 0.0
        if self.other_forenames(one, other, short_forms=True):
            return self.rules.forename_bar
        dobs = [self.values("dobs", cluster) for cluster in (one, other)]
        births = [self.values("births", self.named(cluster)) for cluster in (one, other)]
        if not all(places) or not all(dobs):
            return 0.0
        differs = all(births) and not births[0] & births[1] if dobs[0] & dobs[1] else True
        return self.rules.namesake_bar if differs else 0.0

    def named(self, cluster: set[int]) -> set[int]:
        return {record for record in cluster if self.of.births and self.of.births[record] and self.of.forenames[record]}

    def other_forenames(self, one: set[int], other: set[int], *, short_forms: bool) -> bool:
        def forenames(cluster: set[int], birth: int) -> set[str]:
            return self.values("forenames", {record for record in self.named(cluster) if birth in self.of.births[record]})

        shared = self.values("births", self.named(one)) & self.values("births", self.named(other))
        may_be_one = (lambda a, b: a == b or self.of.alike(a, b)) if short_forms else (lambda a, b: a == b)
        pairs = [(a, b) for birth in shared for a in forenames(one, birth) for b in forenames(other, birth)]
        return bool(shared) and not any(may_be_one(a, b) for a, b in pairs)

    def too_many_numbers(self, one: set[int], other: set[int]) -> bool:
        if self.numbers_shared(one, other):
            return False
        counts = [(len(self.values(column, one)), len(self.values(column, other))) for column in ("pncs", "cros")]
        return any(mine and theirs and mine + theirs > self.rules.max_registers for mine, theirs in counts)

    def generations_apart(self, one: set[int], other: set[int]) -> bool:
        mine, theirs = ({self.of.born[record] for record in cluster if self.of.born} - {None} for cluster in (one, other))
        pairs = [(y, z) for y in mine for z in theirs]
        return bool(pairs) and all(
            abs(y - z) > self.rules.max_birth_years and sum(a != b for a, b in zip(str(y), str(z), strict=True)) > 1 for y, z in pairs
        )

    def too_young(self, cluster: set[int]) -> bool:
        """By each date of birth the person was a child on a day on which they were of age."""
        born, by = ([known[r] for r in cluster if known and known[r] is not None] for known in (self.of.born, self.of.born_by))
        return bool(born and by) and min(born) > min(by)

    def offers(self, fragment: set[int]) -> Iterator[tuple[float, int]]:
        for home in self.clusters:
            known = [w for pair, w in self.weight.items() if len(pair & fragment) == 1 and len(pair & home) == 1]
            if len(home) > self.rules.attach_records and home is not fragment and known:
                best = (sorted(known, reverse=True) + [self.rules.missing_pair] * self.rules.attach_best)[: self.rules.attach_best]
                yield sum(best) / len(best), -min(home)

    def attach(self) -> None:
        chosen = []
        for fragment in self.clusters:
            offers = sorted(self.offers(fragment), reverse=True)
            ahead = offers[0][0] - offers[1][0] if len(offers) > 1 else self.rules.attach_ahead
            is_small = len(fragment) <= self.rules.attach_records
            if is_small and offers and offers[0][0] >= self.rules.attach_least and ahead >= self.rules.attach_ahead:
                chosen.append((-offers[0][0], min(fragment), -offers[0][1]))
        for strength, fragment, home in sorted(chosen):
            one, other = self.cluster(fragment), self.cluster(home)
            # neither the mean nor identities are asked: the best weights have spoken
            if self.against(one, other, -strength) in (None, "identities", "mean"):
                self.attached |= one
                self.join(one, other, None)


@st.composite
def graphs(draw: st.DrawFn) -> Component:
    """Up to nine records; of half of the graphs everything is known that a rule looks at, from few values so that they meet."""
    records = draw(st.integers(2, 9))
    pairs = (
        st.tuples(st.integers(0, records - 1), st.integers(0, records - 1)).filter(lambda p: p[0] != p[1]).map(lambda p: (min(p), max(p)))
    )
    # eighths are exact, so that sums do not depend on their order; no two weights are the same
    weights = st.lists(st.integers(-80, 240), min_size=24, max_size=24, unique=True)
    chosen = draw(st.lists(pairs, max_size=24, unique=True))
    edges = dict(zip(chosen, (w / 8 for w in draw(weights)), strict=False))
    decided = draw(st.lists(pairs, max_size=4, unique=True))
    split = draw(st.integers(0, len(decided)))
    known = draw(st.one_of(st.just({}), attributes(records)))
    return component(records, edges, must=sorted(decided[:split]), cannot=decided[split:], **known)


@st.composite
def attributes(draw: st.DrawFn, records: int) -> dict[str, list]:
    def of_each(values: st.SearchStrategy) -> list:
        return draw(st.lists(values, min_size=records, max_size=records))

    def some(*values) -> st.SearchStrategy:
        return st.lists(st.sampled_from(values), max_size=2, unique=True)

    return {
        "identity": of_each(st.sampled_from([None, 1, 2, 3])),
        "pncs": of_each(some(1, 2, 3)),
        "cros": of_each(some(4, 5)),
        "born": of_each(st.sampled_from([None, 1960, 1961, 1990, 1988])),
        "born_by": of_each(st.sampled_from([None, None, 1960, 1989])),
        "births": of_each(some(6, 7)),
        "dobs": of_each(some(10, 11)),
        "places": of_each(some(8, 9)),
        "forenames": of_each(some("ANN", "ANNE", "ROSE")),
        "alike": lambda a, b: a[:3] == b[:3],
    }

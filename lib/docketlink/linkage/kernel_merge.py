"""Merges the records of one component into clusters, surest link first, and refuses what would join two people.

Union-find over the edges in one strict order, as in Kruskal's spanning tree. The accepted merges form a forest: its cuts at the
three thresholds nest by construction. Plain Python over one component at a time: nothing here knows Spark.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nlargest

from docketlink.linkage.kernel_profiles import CERTAIN, Alike, Profile
from docketlink.linkage.kernel_rules import Rules

HIGH, MEDIUM, LOW = 3, 2, 1
CANNOT_LINK, SIZE, IDENTITIES, MEAN = "cannot_link", "size", "identities", "mean"
_LARGE = 8  # records of clusters whose profiles may take long to compare
_PASSES = 3  # refused links that are looked at again at each threshold: a cluster that grew may offer more


@dataclass(frozen=True)
class Component:
    """Records 0 … ``records`` - 1, in the order of their ids, and what is known of them.

    Edges come in the order in which they merge (level, then weight, both falling, then ends rising); ``level`` counts the
    thresholds that an edge reaches, 0 for one that only speaks in means. Record attributes are hashes: ``identity`` of name and date of
    birth, ``pncs``, ``cros`` of numbers, ``births`` of surname and date of birth, ``dobs`` of dates of birth, ``places`` of postcodes
    and sentence dates; ``born`` holds years of birth, ``born_by`` the latest that a record without one allows. ``alike`` tells whether
    two forenames may be one.
    """

    records: int
    left: Sequence[int]
    right: Sequence[int]
    weight: Sequence[float]
    level: Sequence[int]
    must: Sequence[tuple[int, int]] = ()
    cannot: Sequence[tuple[int, int]] = ()
    identity: Sequence[int | None] = ()
    pncs: Sequence[Sequence[int]] = ()
    cros: Sequence[Sequence[int]] = ()
    born: Sequence[int | None] = ()
    born_by: Sequence[int | None] = ()
    births: Sequence[Sequence[int]] = ()
    dobs: Sequence[Sequence[int]] = ()
    places: Sequence[Sequence[int]] = ()
    forenames: Sequence[Sequence[str]] = ()
    alike: Alike = str.__eq__


@dataclass(frozen=True, slots=True)
class Refusal:
    """A link whose ends a rule keeps apart, by its number among the edges; -1 for a decision to join. The rule is the last that did."""

    edge: int
    left: int
    right: int
    rule: str


@dataclass(slots=True)
class Merged:
    """``clusters[level][record]`` is the smallest record of the record's cluster, ``weakest[level]`` the weakest accepted link by cluster.

    ``attached`` are records that joined as fragments, ``refused`` the merges refused for good: their ends lie in different clusters.
    """

    clusters: dict[int, list[int]] = field(default_factory=dict)
    weakest: dict[int, dict[int, float]] = field(default_factory=dict)
    attached: set[int] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)


def merge(component: Component, rules: Rules) -> Merged:
    """The clusters of a component at the three thresholds.

    Takes O(E log E) steps: what is known of two clusters together moves with the smaller one when they merge.
    """
    state = _State(component, rules)
    merged = Merged()
    for left, right in component.must:
        state.consider(-1, left, right, None)
    position = 0
    for level in (HIGH, MEDIUM, LOW):
        end = position
        while end < len(component.level) and component.level[end] == level:
            end += 1
        before = state.merges
        _pass_over(state, range(position, end), component)
        if level == MEDIUM and rules.attach_records:
            merged.attached.update(state.attach())
        if level == HIGH or state.merges > before:
            clusters = state.named()
            weakest = {clusters[root]: weight for root, weight in state.weakest.items()}
        merged.clusters[level], merged.weakest[level] = clusters, weakest
        position = end
    merged.refused = [r for r in state.refused.values() if clusters[r.left] != clusters[r.right]]
    return merged


def _pass_over(state: "_State", edges: Sequence[int], component: Component) -> None:
    left, right, weight = component.left, component.right, component.weight
    for _ in range(_PASSES):
        before = state.merges
        edges = [e for e in edges if not state.consider(e, left[e], right[e], weight[e])]
        if not edges or state.merges == before:
            return


class _State:
    """The clusters so far. A cluster goes by one of its records; ``label`` holds it for each record, ``members`` the way back."""

    def __init__(self, component: Component, rules: Rules) -> None:
        n = component.records
        self.component, self.rules = component, rules
        self.label = list(range(n))
        self.members = [[i] for i in range(n)]
        self.weakest: dict[int, float] = {}
        self.refused: dict[tuple[int, int, int], Refusal] = {}
        self.merges = 0
        self._verdicts: dict[tuple[int, int], tuple[int, str | None, float]] = {}
        self._excess = _excesses(component, rules.missing_pair) if rules.mean else None
        self._apart: dict[int, set[int]] = {}
        for left, right in component.cannot:
            self._apart.setdefault(left, set()).add(right)
            self._apart.setdefault(right, set()).add(left)
        self._profile = _profiles(component)

    def consider(self, edge: int, left: int, right: int, weight: float | None) -> bool:
        """Merges the clusters of the two records unless a rule is against it; whether the link is done with.

        A link without a weight is a decision to join, which only a decision to part can stop.
        """
        a, b = self.label[left], self.label[right]
        if a == b:
            return True
        rule = self._against(a, b, weight)
        if rule is None:
            self._merge(a, b, weight)
            return True
        self.refused[edge, left, right] = Refusal(edge, left, right, rule)
        return False

    def attach(self) -> Iterator[int]:
        """Joins small fragments to the one large cluster that they belong to; yields their records.

        All choices are made before the first is carried out, so that none depends on another.
        """
        rules, choices = self.rules, []
        for root, weights in self._offers().items():
            offers = sorted((-self._best_mean(found), min(self.members[home]), home) for home, found in weights.items())
            strength, _, home = offers[0]
            ahead = offers[1][0] - strength if len(offers) > 1 else rules.attach_ahead
            if -strength >= rules.attach_least and ahead >= rules.attach_ahead:
                choices.append((strength, min(self.members[root]), root, home))
        for strength, _, fragment, home in sorted(choices):
            if self._against(fragment, home, -strength) in (None, IDENTITIES, MEAN):  # of those the best weights are the better judge
                yield from self.members[fragment]
                self._merge(fragment, home, None)

    def named(self) -> list[int]:
        """For each record the smallest record of its cluster."""
        smallest = {root: min(self.members[root]) for root in {*self.label}}
        return [smallest[root] for root in self.label]

    def _offers(self) -> dict[int, dict[int, list[float]]]:
        """For each fragment the weights between it and each large cluster nearby."""
        most, label = self.rules.attach_records, self.label
        found: dict[int, dict[int, list[float]]] = {}
        if len(label) < most + 2:
            return found
        for left, right, weight in zip(self.component.left, self.component.right, self.component.weight, strict=True):
            a, b = label[left], label[right]
            if a != b and (is_small := len(self.members[a]) <= most) != (len(self.members[b]) <= most):
                fragment, home = (a, b) if is_small else (b, a)
                found.setdefault(fragment, {}).setdefault(home, []).append(weight)
        return found

    def _best_mean(self, weights: Sequence[float]) -> float:
        """Mean of the best few weights; a pair that was never made counts as missing."""
        top = nlargest(self.rules.attach_best, weights)
        return (sum(top) + self.rules.missing_pair * (self.rules.attach_best - len(top))) / self.rules.attach_best

    def _against(self, a: int, b: int, weight: float | None) -> str | None:
        """The rule, if any, that refuses to merge two clusters by a link of this weight."""
        if self._apart and b in self._apart.get(a, ()):
            return CANNOT_LINK
        if weight is None:
            return None
        rules, records = self.rules, len(self.members[a]) + len(self.members[b])
        rule, bar = self._verdict(a, b)
        if bar == CERTAIN:
            return rule
        if records > rules.max_records:
            return SIZE
        if rule and weight < bar:
            return rule
        if weight < rules.bar_top:
            extra = self._profile[a].identities_with(self._profile[b]) - rules.soft_identities - int(records * rules.identities_per_record)
            if extra > 0 and weight < rules.bar_from + rules.bar_step * extra:
                return IDENTITIES
        return None if self._excess is None or self._stands(a, b) else MEAN

    def _verdict(self, a: int, b: int) -> tuple[str | None, float]:
        """As ``Profile.against``, which is not asked twice of two large clusters that did not grow since."""
        one, other = len(self.members[a]), len(self.members[b])
        if one < _LARGE or other < _LARGE:
            return self._ask(a, b)
        key = (a, b) if a < b else (b, a)
        before = self._verdicts.get(key)
        if before is None or before[0] != one + other:  # clusters only grow
            before = self._verdicts[key] = (one + other, *self._ask(a, b))
        return before[1:]

    def _ask(self, a: int, b: int) -> tuple[str | None, float]:
        return self._profile[a].against(self._profile[b], self.component.alike, self.rules)

    def _stands(self, a: int, b: int) -> bool:
        """Whether the mean weight of all pairs between two clusters is high enough."""
        pairs = len(self.members[a]) * len(self.members[b])
        excess = self._excess[a].get(b, 0.0) if self._excess else 0.0
        return excess + self.rules.missing_pair * pairs >= self.rules.least_mean * pairs

    def _merge(self, a: int, b: int, weight: float | None) -> None:
        small, large = (a, b) if (len(self.members[a]), -a) < (len(self.members[b]), -b) else (b, a)
        for member in self.members[small]:
            self.label[member] = large
        self.members[large] += self.members[small]
        self.members[small] = []
        self._profile[large].take(self._profile[small])
        if self._excess:
            _move_excess(self._excess, small, large)
        for other in self._apart.pop(small, ()):
            self._apart[other].remove(small)
            self._apart[other].add(large)
            self._apart.setdefault(large, set()).add(other)
        links = [w for w in (self.weakest.pop(small, None), self.weakest.get(large), weight) if w is not None]
        if links:
            self.weakest[large] = min(links)
        self.merges += 1


def _excesses(component: Component, missing: float) -> list[dict[int, float]]:
    """For each record and neighbour by how many bits their pair is above one that was never scored."""
    excess: list[dict[int, float]] = [{} for _ in range(component.records)]
    for left, right, weight in zip(component.left, component.right, component.weight, strict=True):
        excess[left][right] = excess[right][left] = weight - missing
    return excess


def _move_excess(excess: list[dict[int, float]], small: int, large: int) -> None:
    kept = excess[large]
    kept.pop(small, None)
    for other, bits in excess[small].items():
        if other != large:
            theirs = excess[other]
            del theirs[small]
            kept[other] = theirs[large] = kept.get(other, 0.0) + bits
    excess[small] = {}


def _profiles(component: Component) -> list[Profile]:
    """Of each record; columns that the component does not carry are empty."""
    n, none = component.records, ()
    return [
        Profile.of(*known)
        for known in zip(
            component.identity or (None,) * n,
            component.pncs or (none,) * n,
            component.cros or (none,) * n,
            component.born or (None,) * n,
            component.born_by or (None,) * n,
            component.births or (none,) * n,
            component.dobs or (none,) * n,
            component.places or (none,) * n,
            component.forenames or (none,) * n,
            strict=True,
        )
    ]

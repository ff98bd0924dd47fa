"""Merges the records of one component into clusters, surest link first, and refuses what would join two people.

Union-find over the edges in one strict order, as in Kruskal's spanning tree. The accepted merges form a forest: its cuts at the
three thresholds nest by construction. Plain Python over one component at a time: nothing here knows Spark.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

HIGH, MEDIUM, LOW = 3, 2, 1
CANNOT_LINK, TWINS, REGISTERS, BIRTH_YEARS, SIZE, IDENTITIES, MEAN = (
    "cannot_link",
    "twins",
    "registers",
    "birth_years",
    "size",
    "identities",
    "mean",
)
_PASSES = 3  # refused links that are looked at again at each threshold: a cluster that grew may offer more


@dataclass(frozen=True)
class Rules:
    """What a merge must keep to; ``config.settings.Clustering`` says what each value means."""

    mean: bool = True
    missing_pair: float = -1.0
    least_mean: float = 0.0
    attach_records: int = 3
    attach_best: int = 3
    attach_least: float = 0.0
    attach_ahead: float = 4.25
    twins: bool = True
    max_registers: int = 2
    max_birth_years: int = 15
    max_records: int = 20_000
    soft_identities: int = 6
    identities_per_record: float = 0.1
    bar_from: float = 4.25
    bar_step: float = 2.0
    bar_top: float = 20.0


@dataclass(frozen=True)
class Component:
    """Records 0 … ``records`` - 1, in the order of their ids, and what is known of them.

    Edges come in the order in which they merge (level, then weight, both falling, then ends rising); ``level`` counts the
    thresholds that an edge reaches, 0 for one that only speaks in means. Record attributes are hashes: ``identity`` of name and date of
    birth, ``pncs``, ``cros`` of numbers, ``births`` of surname and date of birth, ``places`` of postcodes and sentence dates; ``born``
    holds years. ``alike`` tells whether two forenames may be one.
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
    births: Sequence[Sequence[int]] = ()
    places: Sequence[Sequence[int]] = ()
    forenames: Sequence[Sequence[str]] = ()
    alike: Callable[[str, str], bool] = str.__eq__


@dataclass(frozen=True)
class Refusal:
    """A merge that a rule refused: the first link that asked for it, by its number among the edges; -1 for a decision to join."""

    edge: int
    left: int
    right: int
    rule: str
    left_records: int
    right_records: int


@dataclass
class Merged:
    """``clusters[level][record]`` is the smallest record of the record's cluster, ``weakest[level]`` the weakest accepted link by cluster.

    ``attached`` are records that joined as fragments, ``refused`` the merges refused for good: their ends lie in different clusters.
    """

    clusters: dict[int, list[int]] = field(default_factory=dict)
    weakest: dict[int, dict[int, float]] = field(default_factory=dict)
    attached: set[int] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)


def merge(component: Component, rules: Rules) -> Merged:
    """The clusters of a component at the three thresholds."""
    state = _State(component, rules)
    merged = Merged()
    for left, right in component.must:
        state.consider(-1, left, right, None)
    position = 0
    for level in (HIGH, MEDIUM, LOW):
        end = position
        while end < len(component.level) and component.level[end] == level:
            end += 1
        _pass_over(state, range(position, end), component)
        if level == MEDIUM and rules.attach_records:
            merged.attached.update(state.attach())
        merged.clusters[level] = state.named()
        merged.weakest[level] = {merged.clusters[level][root]: weight for root, weight in state.weakest.items()}
        position = end
    final = merged.clusters[LOW]
    merged.refused = [r for r in state.refused.values() if final[r.left] != final[r.right]]
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
        self.refused: dict[tuple[int, int], Refusal] = {}
        self.merges = 0
        self._refused_at: dict[tuple[int, int], tuple[int, int, str]] = {}
        self._near = _neighbours(component)
        self._apart: dict[int, set[int]] = {}
        for left, right in component.cannot:
            self._apart.setdefault(left, set()).add(right)
            self._apart.setdefault(right, set()).add(left)
        self._profile = [_Profile.of(component, i) for i in range(n)]

    def consider(self, edge: int, left: int, right: int, weight: float | None) -> bool:
        """Merges the clusters of the two records unless a rule is against it; whether the link is done with.

        A link without a weight is a decision to join, which only a decision to part can stop.
        """
        a, b = self.label[left], self.label[right]
        if a == b:
            return True
        rule = self._against_again(a, b, weight)
        if rule is None:
            self._merge(a, b, weight)
            return True
        pair = (left, right)
        if pair not in self.refused:
            self.refused[pair] = Refusal(edge, left, right, rule, len(self.members[a]), len(self.members[b]))
        return False

    def attach(self) -> Iterator[int]:
        """Joins small fragments to the one large cluster that they belong to; yields their records.

        All choices are made before the first is carried out, so that none depends on another.
        """
        rules = self.rules
        choices = []
        for root in sorted({*self.label}):
            if len(self.members[root]) > rules.attach_records:
                continue
            offers = sorted(self._offers(root), key=lambda offer: (-offer[0], offer[1]))
            ahead = offers[0][0] - offers[1][0] if len(offers) > 1 else rules.attach_ahead
            if offers and offers[0][0] >= rules.attach_least and ahead >= rules.attach_ahead:
                choices.append((-offers[0][0], min(self.members[root]), root, offers[0][1]))
        for strength, _, root, home in sorted(choices):
            fragment, target = self.label[root], self.label[home]
            sure = -strength >= rules.bar_top
            if not (self._forbidden(fragment, target) or (not sure and self._doubtful(fragment, target))):
                yield from list(self.members[fragment])
                self._merge(fragment, target, None)

    def named(self) -> list[int]:
        """For each record the smallest record of its cluster."""
        smallest = {root: min(self.members[root]) for root in {*self.label}}
        return [smallest[root] for root in self.label]

    def _offers(self, root: int) -> Iterator[tuple[float, int]]:
        """Mean of the best few weights to each large cluster nearby; a pair that was never made counts as missing."""
        best: dict[int, list[float]] = {}
        for member in self.members[root]:
            for other, weight in self._near[member]:
                home = self.label[other]
                if home != root and len(self.members[home]) > self.rules.attach_records:
                    best.setdefault(home, []).append(weight)
        for home, weights in best.items():
            top = sorted(weights, reverse=True)[: self.rules.attach_best]
            top += [self.rules.missing_pair] * (self.rules.attach_best - len(top))
            yield sum(top) / len(top), home

    def _against_again(self, a: int, b: int, weight: float | None) -> str | None:
        """As ``_against``, which is not asked twice of two clusters that did not grow since."""
        if weight is None:
            return self._against(a, b, weight)
        key = (a, b) if a < b else (b, a)
        sizes = (len(self.members[key[0]]), len(self.members[key[1]]))
        before = self._refused_at.get(key)
        if before and before[:2] == sizes:
            return before[2]
        rule = self._against(a, b, weight)
        if rule in (CANNOT_LINK, SIZE, MEAN):  # a heavier link may pass the others
            self._refused_at[key] = (*sizes, rule)
        return rule

    def _against(self, a: int, b: int, weight: float | None) -> str | None:
        if weight is None:
            return CANNOT_LINK if self._parted(a, b) else None
        if rule := self._forbidden(a, b):
            return rule
        rules = self.rules
        if weight < rules.bar_top and (rule := self._doubtful(a, b)):
            return rule
        records = len(self.members[a]) + len(self.members[b])
        extra = self._profile[a].identities_with(self._profile[b]) - rules.soft_identities - int(records * rules.identities_per_record)
        if extra > 0 and weight < min(rules.bar_from + rules.bar_step * extra, rules.bar_top):
            return IDENTITIES
        return MEAN if rules.mean and not self._stands(a, b) else None

    def _forbidden(self, a: int, b: int) -> str | None:
        """The rule, if any, that no weight can make up for."""
        if self._apart and self._parted(a, b):
            return CANNOT_LINK
        if self.rules.twins and self._profile[a].twin_of(self._profile[b], self.component.alike, numbered=True):
            return TWINS
        return SIZE if len(self.members[a]) + len(self.members[b]) > self.rules.max_records else None

    def _doubtful(self, a: int, b: int) -> str | None:
        """The rule, if any, that only a very strong link can pass."""
        one, other, rules = self._profile[a], self._profile[b], self.rules
        if rules.twins and one.twin_of(other, self.component.alike, numbered=False):
            return TWINS
        if one.too_many(other, rules.max_registers):
            return REGISTERS
        return BIRTH_YEARS if one.generations_apart(other, rules.max_birth_years) else None

    def _parted(self, a: int, b: int) -> bool:
        if len(self.members[a]) > len(self.members[b]):
            a, b = b, a
        return any(self.label[other] == b for member in self.members[a] for other in self._apart.get(member, ()))

    def _stands(self, a: int, b: int) -> bool:
        """Whether the mean weight of all pairs between two clusters is high enough."""
        small, large = (a, b) if len(self.members[a]) <= len(self.members[b]) else (b, a)
        total, known, label = 0.0, 0, self.label
        for member in self.members[small]:
            for other, weight in self._near[member]:
                if label[other] == large:
                    total += weight
                    known += 1
        pairs = len(self.members[a]) * len(self.members[b])
        return total + self.rules.missing_pair * (pairs - known) >= self.rules.least_mean * pairs

    def _merge(self, a: int, b: int, weight: float | None) -> None:
        small, large = (a, b) if (len(self.members[a]), -a) < (len(self.members[b]), -b) else (b, a)
        for member in self.members[small]:
            self.label[member] = large
        self.members[large] += self.members[small]
        self.members[small] = []
        self._profile[large].take(self._profile[small])
        links = [w for w in (self.weakest.pop(small, None), self.weakest.get(large), weight) if w is not None]
        if links:
            self.weakest[large] = min(links)
        self.merges += 1


def _neighbours(component: Component) -> list[list[tuple[int, float]]]:
    near: list[list[tuple[int, float]]] = [[] for _ in range(component.records)]
    for left, right, weight in zip(component.left, component.right, component.weight, strict=True):
        near[left].append((right, weight))
        near[right].append((left, weight))
    return near


@dataclass(slots=True)
class _Profile:
    """What is known of the people in a cluster."""

    identities: set[int]
    pncs: set[int]
    cros: set[int]
    places: set[int]
    forenames: dict[int, set[str]]  # by surname and date of birth
    years: set[int]

    @classmethod
    def of(cls, component: Component, record: int) -> "_Profile":
        """Of one record; columns that the component does not carry are empty."""

        def values(column: Sequence[Sequence[int]]) -> set[int]:
            return {*column[record]} if column else set()

        identity = component.identity[record] if component.identity else None
        born = component.born[record] if component.born else None
        names = component.forenames[record] if component.forenames else ()
        births = component.births[record] if component.births and names else ()
        return cls(
            identities=set() if identity is None else {identity},
            pncs=values(component.pncs),
            cros=values(component.cros),
            places=values(component.places) if births else set(),
            forenames={birth: {*names} for birth in births},
            years=set() if born is None else {born},
        )

    def take(self, other: "_Profile") -> None:
        """Becomes the profile of both."""
        self.identities |= other.identities
        self.pncs |= other.pncs
        self.cros |= other.cros
        self.places |= other.places
        for birth, names in other.forenames.items():
            self.forenames[birth] = self.forenames.get(birth, set()) | names
        self.years |= other.years

    def identities_with(self, other: "_Profile") -> int:
        """Distinct names with dates of birth of both."""
        return len(self.identities) + len(other.identities - self.identities)

    def generations_apart(self, other: "_Profile", most: int) -> bool:
        """Whether every year of birth of one is far from every one of the other, by more than a slip in one digit."""
        return bool(self.years and other.years) and all(abs(y - z) > most and _digits(y, z) > 1 for y in self.years for z in other.years)

    def too_many(self, other: "_Profile", most: int) -> bool:
        """Whether both hold more register numbers than one person may and none in common; of PNC ids, or of CRO numbers."""
        if not (self.pncs.isdisjoint(other.pncs) and self.cros.isdisjoint(other.cros)):
            return False
        pncs, cros = (self.pncs, other.pncs), (self.cros, other.cros)
        return any(mine and theirs and len(mine) + len(theirs) > most for mine, theirs in (pncs, cros))

    def twin_of(self, other: "_Profile", alike: Callable[[str, str], bool], *, numbered: bool) -> bool:
        """The twins rule: one surname, date of birth and place, but other forenames and no register number in common.

        ``numbered``: such a number is known on both sides, and differs; then forenames that may be one (``alike``) are two as well.
        """
        shared = self.forenames.keys() & other.forenames.keys()
        if not shared or self.places.isdisjoint(other.places):
            return False
        if not (self.pncs.isdisjoint(other.pncs) and self.cros.isdisjoint(other.cros)):
            return False
        differ = bool((self.pncs and other.pncs) or (self.cros and other.cros))
        if numbered and not differ:
            return False
        return all(_other_names(self.forenames[birth], other.forenames[birth], str.__eq__ if differ else alike) for birth in shared)


def _other_names(mine: set[str], theirs: set[str], alike: Callable[[str, str], bool]) -> bool:
    return mine.isdisjoint(theirs) and not any(alike(a, b) for a in mine for b in theirs)


def _digits(year: int, other: int) -> int:
    return sum(a != b for a, b in zip(str(year), str(other), strict=False))

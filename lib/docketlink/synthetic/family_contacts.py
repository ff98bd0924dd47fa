"""Who meets the family courts, when and in which role: parents over their children, councils, partners, adopters."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Ints, Stage, happens, rank_within, some, stream
from docketlink.synthetic.family_drafts import ADOPTION, COVERED_FROM, PRIVATE, PUBLIC, SHAPE, VIOLENCE, Draft, drafted, modern
from docketlink.synthetic.households import Households, first_that_suits, households
from docketlink.synthetic.names import FEMALE, MALE
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import street_of
from docketlink.synthetic.population import YEAR, Population, age_at

APPLICANT, RESPONDENT, CHILD = range(3)
AUTHORITY = -1  # in place of a person: the local authority
COURTS = 43


@dataclass(frozen=True)
class FamilyCases:
    """Cases in order of their day, and the people in them in order of case and role."""

    kind: Ints
    day: Ints
    court: Ints
    of: Ints  # per party: its case
    person: Ints  # per party: AUTHORITY where a council applies
    role: Ints


def meet(plan: Plan, block: int, world: World) -> FamilyCases:
    """The family cases of a block."""
    rng, people = stream(plan.seed, block, Stage.FAMILY_CONTACTS), world.people
    homes = households(people)
    draft = drafted(rng, world, homes)
    draft = draft.where(~happens(rng, modern(draft.day), len(draft.day)))
    order = np.argsort(draft.day, kind="stable")
    draft = Draft(draft.family[order], draft.kind[order], draft.day[order])
    of, person, role = _parties(rng, world, homes, draft)
    there = (person < 0) | people.present(np.maximum(person, 0), draft.day[of])
    of, person, role = of[there], person[there], role[there]
    # A case stands where somebody applied against somebody or about a child.
    roles = np.bincount(of, minlength=len(draft.day)) > 1
    applied = np.isin(np.arange(len(draft.day)), of[role == APPLICANT])
    stands = roles & applied
    kept = stands[of]
    renumbered = np.cumsum(stands) - 1
    of, person, role = renumbered[of[kept]], person[kept], role[kept]
    order = np.lexsort((role, of))
    of, person, role = of[order], person[order], role[order]
    kind, day = draft.kind[stands], draft.day[stands]
    local = np.zeros(len(day), dtype=np.int64)
    somebody = person >= 0
    local[of[somebody]] = street_of(people.home_at(person[somebody], day[of[somebody]]))
    return FamilyCases(kind, day, people.reach.area[local] % COURTS, of, person, role)


def _parties(rng: np.random.Generator, world: World, homes: Households, draft: Draft) -> tuple[Ints, Ints, Ints]:
    """Case, person and role of every party."""
    people, size = world.people, len(draft.day)
    case, has_family = np.arange(size), draft.family >= 0
    mother = np.where(has_family, homes.mother[draft.family], -1)
    father = np.where(has_family, homes.father[draft.family], -1)
    apart = np.flatnonzero(~has_family)
    mother[apart] = _grown(rng, world, draft.day[apart])
    adopters = _adopters(rng, people, homes, draft)
    mother, father = _with_partners(rng, world, draft, mother, father, adopters)
    # The mother asks in six of seven violence cases and in two of five about children.
    mother_asks = happens(rng, np.where(draft.kind == VIOLENCE, 0.85, 0.4), size) | (father < 0)
    mother_asks &= mother >= 0
    asking, other = np.where(mother_asks, mother, father), np.where(mother_asks, father, mother)
    between = np.isin(draft.kind, (PRIVATE, VIOLENCE))
    care, adopted = draft.kind == PUBLIC, draft.kind == ADOPTION
    answers = care | adopted
    parts: list[tuple[Ints, Ints, int]] = [
        (case[between], asking[between], APPLICANT),
        (case[between], other[between], RESPONDENT),
        (case[care], np.full(int(care.sum()), AUTHORITY), APPLICANT),
        *((case[adopted], each[adopted], APPLICANT) for each in adopters),
    ]
    for parent, in_care in ((mother, 0.97), (father, 0.75)):
        there = answers & happens(rng, np.where(care, in_care, 0.6), size)
        parts.append((case[there], parent[there], RESPONDENT))
    parts.append((*_children(rng, people, homes, draft), CHILD))
    of, person = np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    role = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
    known = (person >= 0) | ((role == APPLICANT) & care[of])
    return of[known], person[known], role[known]


def _children(rng: np.random.Generator, people: Population, homes: Households, draft: Draft) -> tuple[Ints, Ints]:
    """Case and child: minors of the family, most of them; one in an adoption; none in a violence case."""
    about = np.flatnonzero((draft.family >= 0) & (draft.kind != VIOLENCE))
    of = np.repeat(about, homes.children[draft.family[about]])
    child = homes.first_child[draft.family[of]] + rank_within(of)
    age = age_at(people.birth[child], draft.day[of])
    minor = np.flatnonzero((age >= 0) & (age < 18))
    # The eldest minor is always there, except that an adoption is about the youngest alone.
    of, child = of[minor], child[minor]
    first = np.r_[True, of[1:] != of[:-1]] if len(of) else of.astype(bool)
    last = np.r_[of[1:] != of[:-1], True] if len(of) else of.astype(bool)
    listed = np.where(draft.kind[of] == ADOPTION, last, first | happens(rng, SHAPE.child_listed, len(of)))
    return of[listed], child[listed]


def _grown(rng: np.random.Generator, world: World, day: Ints) -> Ints:
    """A woman between 18 and 50 on each day, or -1; half of them are looked for first among those known to the magistrates."""
    people, offenders = world.people, world.cases.person
    drawn = rng.integers(0, len(people), size=(len(day), 48))
    if len(offenders):
        drawn[::2, :24] = offenders[rng.integers(0, len(offenders), size=drawn[::2, :24].shape)]
    age = age_at(people.birth[drawn], day[:, None])
    return first_that_suits((age > 18) & (age < 50) & (people.sex[drawn] == FEMALE), drawn)


def _adopters(rng: np.random.Generator, people: Population, homes: Households, draft: Draft) -> tuple[Ints, Ints]:
    """For each case of adoption the parents of another family, both -1 where none suits; -1 for every other case."""
    drawn = rng.integers(0, len(homes.father), size=(len(draft.day), 24))
    age = age_at(people.birth[homes.mother[drawn]], draft.day[:, None])
    couple = (homes.father[drawn] >= 0) & (homes.mother[drawn] >= 0) & (drawn != draft.family[:, None])
    chosen = first_that_suits(couple & (age > 25) & (age < 55) & (draft.kind == ADOPTION)[:, None], drawn)
    return np.where(chosen < 0, -1, homes.mother[chosen]), np.where(chosen < 0, -1, homes.father[chosen])


def _with_partners(
    rng: np.random.Generator, world: World, draft: Draft, mother: Ints, father: Ints, adopters: tuple[Ints, Ints]
) -> tuple[Ints, Ints]:
    """Mothers and fathers of each case with the missing ones found in other families: the same for a family each time.

    As many of them are known to the magistrates as are needed for the documented overlap.
    """
    people, size = world.people, len(draft.day)
    lacks = (mother >= 0) ^ (father >= 0)
    # A slot is a family's absent parent, or the partner of one case.
    slot_of = np.where(draft.family >= 0, draft.family, len(people) + np.arange(size))
    slots, first, place = np.unique(slot_of[lacks], return_index=True, return_inverse=True)
    case = np.flatnonzero(lacks)[first]
    known = happens(rng, SHAPE.absent_parent_known, len(slots)) | (draft.family[case] < 0)
    there = np.where(mother[case] >= 0, mother[case], father[case])
    sex = np.where(people.sex[there] == FEMALE, MALE, FEMALE)
    born = people.birth[there] + (rng.normal(0, 4 * YEAR, size=len(case))).astype(np.int64)
    offenders = np.unique(world.cases.person)
    met = np.unique(np.r_[mother, father, *adopters])
    wanted = round(SHAPE.offenders * len(offenders)) - int(np.isin(offenders, met).sum())
    free = np.setdiff1d(offenders, met)
    found = np.full(len(slots), -1, dtype=np.int64)
    for each in (MALE, FEMALE):
        open_slots = np.flatnonzero(known & (sex == each))
        share = wanted * len(open_slots) / max(int(known.sum()), 1)
        adult = free[(people.sex[free] == each) & (people.birth[free] < COVERED_FROM - 12 * YEAR)]
        count = max(0, min(round(share), len(open_slots), len(adult)))
        taken, partner = some(rng, open_slots, count), some(rng, adult, count)
        # In order of age, so that couples are of an age.
        found[taken[np.argsort(born[taken], kind="stable")]] = partner[np.argsort(people.birth[partner], kind="stable")]
    fits = (found >= 0) & (age_at(people.birth[found], draft.day[case]) > 16)
    drawn = rng.integers(0, len(people), size=(len(slots), 32))
    unmet = ~np.isin(drawn, offenders)
    near = np.abs(people.birth[drawn] - born[:, None]) < 12 * YEAR
    adult_then = age_at(people.birth[drawn], draft.day[case][:, None]) > 17
    stranger = people.family[drawn] != people.family[there][:, None]
    other = first_that_suits(unmet & near & adult_then & stranger & (people.sex[drawn] == sex[:, None]), drawn)
    partner = np.where(known, np.where(fits, found, other), -1)[place]
    mother, father = mother.copy(), father.copy()
    at = np.flatnonzero(lacks)
    men = np.zeros(len(at), dtype=bool) if not len(at) else (sex[place] == MALE)
    father[at[men]], mother[at[~men]] = partner[men], partner[~men]
    return mother, father

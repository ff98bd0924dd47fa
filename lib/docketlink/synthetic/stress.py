"""Keys that too many rows share, to see what a linkage makes of them: people of blocks of their own, whom magistrates alone know.

They stand in files of their own after those of the system, whose bytes stay as they are.
"""

from dataclasses import replace

import numpy as np

from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import NATION, NEVER, Stage, stream, texts
from docketlink.synthetic.names import MALE, name_book
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation, office_postcodes
from docketlink.synthetic.population import generation

_BORN_FROM, _BORN_WITHIN = int(np.datetime64("1975-01-02").astype(int)), 3_000  # grown up when the courts' window opens


def burdened(plan: Plan, block: int, world: World, country: Nation) -> World:
    """The world of a stress block: some of its defendants share a name and a date of birth, or everybody lives at one postcode."""
    named = plan.namesakes_of(block)
    return _namesakes(plan.seed, world, named) if named else _one_postcode(plan.seed, world, country)


def _namesakes(seed: int, world: World, number: int) -> World:
    """The first ``number`` men with a case bear the nation's commonest name and were born on one day, here."""
    people, book = world.people, name_book()
    men = np.unique(world.cases.person[people.sex[world.cases.person] == MALE])[:number]
    born = np.array([_BORN_FROM + stream(seed, NATION, Stage.STRESS).integers(0, _BORN_WITHIN)])
    forenames, surnames = book.forenames[int(MALE * 3 + generation(born)[0])], book.surnames[0]
    values = {
        "birth": born[0],
        "arrived": born[0],
        "forename": forenames.members[np.argmax(forenames.weights)],
        "middle": -1,
        "middle_2": -1,
        "surname": surnames.members[np.argmax(surnames.weights)],
        "married": NEVER,
    }
    changed = {}
    for name, value in values.items():
        changed[name] = getattr(people, name).copy()
        changed[name][men] = value
    return replace(world, people=replace(people, **changed))


def _one_postcode(seed: int, world: World, country: Nation) -> World:
    (postcode,) = office_postcodes(stream(seed, NATION, Stage.STRESS, 1), country, 1)
    reach = world.people.reach
    return replace(world, people=replace(world.people, reach=replace(reach, postcode=texts([postcode] * len(reach.postcode)))))

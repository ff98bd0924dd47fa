"""The prison numbers of people, for the systems that quote them: what the prison system itself writes."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic import prison
from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Flags, Ints, Texts, texts
from docketlink.synthetic.identifiers import prison_number
from docketlink.synthetic.parameters import Plan


@dataclass(frozen=True)
class PrisonNumbers:
    """One entry per prison number; ``person`` ascends, and somebody with two has the older one first."""

    person: Ints
    number: Texts

    def latest(self, person: Ints) -> Texts:
        """The latest number of each person, empty for those who have none."""
        return self._at(person, np.searchsorted(self.person, person, side="right") - 1)

    def first(self, person: Ints) -> Texts:
        """The first number of each person, empty for those who have none."""
        return self._at(person, np.searchsorted(self.person, person, side="left"))

    def several(self, person: Ints) -> Flags:
        """Who has more than one."""
        found: Flags = np.searchsorted(self.person, person, side="right") - np.searchsorted(self.person, person, side="left") > 1
        return found

    def _at(self, person: Ints, place: Ints) -> Texts:
        if not len(self.person):
            return texts([""] * len(person))
        within = np.clip(place, 0, len(self.person) - 1)
        return texts(np.where(self.person[within] == person, self.number[within], ""))


def prison_numbers(plan: Plan, block: int, world: World) -> PrisonNumbers:
    """The prison numbers of a block."""
    made = prison.prisoners(plan, block, world)
    return PrisonNumbers(made.person, prison_number(block * plan.people_per_block + np.arange(len(made.person)) + 1))

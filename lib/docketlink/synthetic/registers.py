"""What registers hold of each offender, whichever system writes it down: police numbers and self-defined ethnicity."""

from dataclasses import dataclass

import numpy as np

from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Ints, Stage, Texts, happens, stream
from docketlink.synthetic.identifiers import cro_serials, pnc_serials
from docketlink.synthetic.noise import split_days
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.writing import ethnicity


@dataclass(frozen=True)
class Registers:
    """One entry per offender of a block; ``person`` ascends."""

    person: Ints
    pnc_year: Ints
    pnc: Ints
    cro_year: Ints
    cro: Ints
    ethnicity: Texts

    def offender_of(self, person: Ints) -> Ints:
        """The entry of each person, all of whom are offenders."""
        return np.searchsorted(self.person, person)


def register(plan: Plan, block: int, world: World) -> Registers:
    """The registers' entries of a block: numbers given at the first contact, the CRO sometimes years later."""
    rng = stream(plan.seed, block, Stage.NUMBERS)
    first = split_days(world.first_contact[world.offenders])[0]
    later = first + (rng.exponential(3.0, size=len(first)) * happens(rng, 0.3, len(first))).astype(np.int64)
    cro_year = np.minimum(later, 2023)
    return Registers(
        person=world.offenders,
        pnc_year=first,
        pnc=pnc_serials(block, first),
        cro_year=cro_year,
        cro=cro_serials(block, cro_year),
        ethnicity=ethnicity(rng, world.people.culture[world.offenders]),
    )

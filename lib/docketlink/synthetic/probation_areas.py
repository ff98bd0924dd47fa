"""What every table of the probation system has: a key that counts within its area, the area, and the mark of withdrawn rows."""

import numpy as np

from docketlink.synthetic.draws import Ints, Texts, happens, rank_within
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.writing import chosen, numbers

SOFT_DELETED = 0.015  # of the rows of each table
_IDS_PER_PERSON = 10  # ids that each block sets apart in every area, for each of its people


def ids_in_area(plan: Plan, block: int, area: Ints) -> Ints:
    """A number for each row that no other row of the same area has, in any block; other areas use it too."""
    order = np.argsort(area, kind="stable")
    rank = np.empty(len(area), dtype=np.int64)
    rank[order] = rank_within(area[order])
    return block * plan.people_per_block * _IDS_PER_PERSON + rank + 1


def filed(rng: np.random.Generator, plan: Plan, block: int, area: Ints, columns: dict[str, Texts], key: str) -> dict[str, Texts]:
    """``columns`` as a table of the system: behind its key, before the mark of withdrawn rows and the area."""
    deleted = happens(rng, SOFT_DELETED, len(area))
    return {
        key: numbers(ids_in_area(plan, block, area)),
        **columns,
        "soft_deleted": chosen(("0", "1"), deleted.astype(np.int64)),
        "partition_area_id": numbers(area),
    }

"""Areas of statistics and of probation: postcode to small area, local authority and region. The same for every seed."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from docketlink.synthetic.draws import Ints, Texts, texts
from docketlink.synthetic.names import data_lines

# Small areas are numbered by postcode area, district (0 to 39) and sector: every sector lies in one small area, every
# district in one local authority, every postcode area in one region. Real ones cut across; a person's stay the same.
_DISTRICTS, _SECTORS = 40, 10
_DISTRICTS_PER_AUTHORITY = 10
_LONDON = "E12000007"


@dataclass(frozen=True)
class Geography:
    """Codes in the shape of the Office for National Statistics; the numbers of small areas and authorities are our own."""

    probation_area: Ints  # by postcode area: the number of its probation area, from 1
    probation_area_name: Texts  # by probation area: the first one is number 1
    small_area: Texts  # by number of ``small_area_of``: E01… or W01…
    authority: Texts  # by number of a small area
    region: Texts  # by number of a small area
    _area_number: dict[str, int]

    def small_area_of(self, postcode: Texts) -> Ints:
        """The number of the small area of each postcode, written with its space."""
        return np.array([self._number(each) for each in postcode.tolist()], dtype=np.int64)

    def _number(self, postcode: str) -> int:
        outward, _, inward = postcode.partition(" ")
        area = outward.rstrip("0123456789")
        return (self._area_number[area] * _DISTRICTS + int(outward[len(area) :])) * _SECTORS + int(inward[0])


@lru_cache(maxsize=1)
def geography() -> Geography:
    """The geography of the package's lists."""
    areas = [line.split(" ", 1)[0] for line in data_lines("places.txt")]
    lines = [line.split(": ") for line in data_lines("regions.txt")]
    region = {area: head.split(" ", 1)[0] for head, members in lines for area in members.split()}
    probation = {area: number for number, (_, members) in enumerate(lines, start=1) for area in members.split()}
    per_area = _DISTRICTS * _SECTORS
    authority = [
        f"{_authority_kind(region[area])}{n * 4 + district // _DISTRICTS_PER_AUTHORITY + 1:06d}"
        for n, area in enumerate(areas)
        for district in range(_DISTRICTS)
    ]
    return Geography(
        probation_area=np.array([probation[area] for area in areas]),
        probation_area_name=texts([head.split(" ", 1)[1] for head, _ in lines]),
        small_area=texts([f"{region[area][0]}01{n * per_area + each:06d}" for n, area in enumerate(areas) for each in range(per_area)]),
        authority=texts(authority).repeat(_SECTORS),
        region=texts([region[area] for area in areas]).repeat(per_area),
        _area_number={area: n for n, area in enumerate(areas)},
    )


def _authority_kind(region: str) -> str:
    """London boroughs, principal areas of Wales, other authorities."""
    return "E09" if region == _LONDON else "W06" if region[0] == "W" else "E07"

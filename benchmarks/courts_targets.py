"""What the synthetic courts are held against: every figure of the documentation, whose it is, and how near is near enough.

The bounds are set by kind and not by figure: a share may be off by 15 % of itself, a mean or a number by 10 %, a chance that spans orders
of magnitude by a factor of two, each and three standard errors of the number of cases more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

PUBLISHED, OURS = "published", "ours"
SHARE, MEAN, COUNT, CHANCE, AT_MOST = "share", "mean", "count", "chance", "at most"
_LEAST_EXPECTED = 5


@dataclass(frozen=True)
class Target:
    """One figure: its group and name, its value, whose it is and what kind of figure."""

    group: str
    name: str
    value: float
    basis: str
    kind: str = SHARE

    def bounds(self, cases: int) -> tuple[float, float]:
        """The least and the greatest value that are near enough, with so many cases."""
        error = 3 * sqrt(self.value * max(1 - self.value, 0.0) / max(cases, 1))
        if self.kind == SHARE:
            return max(0.0, 0.85 * self.value - error), min(1.0, 1.15 * self.value + error)
        if self.kind == MEAN:
            error = 3 * sqrt(self.value / max(cases, 1))
            return 0.9 * self.value - error, 1.1 * self.value + error
        if self.kind == COUNT:
            error = 3 * self.value / sqrt(max(cases, 1))
            return 0.9 * self.value - error, 1.1 * self.value + error
        if self.kind == CHANCE:
            return max(0.0, self.value / 2 - error), self.value * 2 + error
        return 0.0, self.value

    def verdict(self, measured: float | None, cases: int) -> str:
        """``inside`` the bounds or ``MISSED``; ``too few`` where fewer than five cases would show the figure at all."""
        if measured is None:
            return "not measured"
        if self.kind == CHANCE and self.value * cases < _LEAST_EXPECTED and measured <= self.bounds(cases)[1]:
            return "too few"
        low, high = self.bounds(cases)
        return "inside" if low <= measured <= high else "MISSED"


def _group(group: str, basis: str, figures: dict[str, float], kind: str = SHARE) -> Iterator[Target]:
    yield from (Target(group, name, value, basis, kind) for name, value in figures.items())


SHAPE, OVERLAP, ROWS, NAMES, DIRT, WEEKS = "shape", "overlap", "rows", "names", "dirt", "weeks"
MATCHES, RANDOM = "true pairs", "random pairs"
_RECORDS = {
    "mags_hocas": 20.0, "crown_xhibit": 1.0, "common_platform": 4.0, "prison_nomis": 2.3, "probation_delius": 2.5, "assess_oasys": 2.0,
    "family_familyman": 20.9, "civil_caseman": 20.0,
}  # fmt: skip
_MISSING: dict[str, dict[str, float]] = {
    "mags_hocas": {"date of birth": 3, "sex": 2, "postcode": 6, "PNC": 55, "CRO": 75, "middle name": 55},
    "common_platform": {"date of birth": 1, "sex": 3, "postcode": 5, "PNC": 30, "CRO": 60, "middle name": 50},
    "crown_xhibit": {"date of birth": 1.5, "sex": 2, "postcode": 12, "PNC": 45, "CRO": 100, "middle name": 60, "ethnicity": 15},
    "prison_nomis": {"date of birth": 0.2, "sex": 0.1, "postcode": 30, "PNC": 8, "CRO": 30, "middle name": 45, "ethnicity": 2},
    "probation_delius": {"date of birth": 1, "sex": 0.3, "postcode": 8, "PNC": 15, "CRO": 40, "middle name": 45, "ethnicity": 6},
    "assess_oasys": {"date of birth": 0.5, "sex": 0.1, "postcode": 60, "PNC": 20, "CRO": 70, "middle name": 50, "ethnicity": 2},
    "family_familyman child": {"date of birth": 8, "sex": 3, "postcode": 25},
    "family_familyman applicant": {"date of birth": 45, "sex": 6},
    "family_familyman applicant, no violence": {"postcode": 12},
    "family_familyman applicant, violence": {"postcode": 45},
    "family_familyman respondent": {"date of birth": 55, "sex": 10, "postcode": 25},
    "family_familyman": {"middle name": 75},
    "civil_caseman": {"date of birth": 96, "sex": 100, "postcode": 7, "middle name": 85},
}
MISSING_GROUP = "missing"

TARGETS: tuple[Target, ...] = (
    *_group(SHAPE, PUBLISHED, {f"person records: {source}": share / sum(_RECORDS.values()) for source, share in _RECORDS.items()}),
    *_group(SHAPE, PUBLISHED, {"mags cases 2020, of a nation": 1_100_000, "Crown receipts 2020, of a nation": 96_000}, COUNT),
    *_group(
        SHAPE, PUBLISHED,
        {"first seen in 2011, returned by 2019": 0.56, "first seen in 2011, once": 0.17, "first seen in 2011, six or more times": 0.18,
         "first seen in 2011 for theft, returned": 0.82},
    ),
    *_group(SHAPE, OURS, {"first seen in 2011, 2 times": 0.085, "first seen in 2011, 3 times": 0.055, "first seen in 2011, 4 times": 0.040,
                          "first seen in 2011, 5 times": 0.030}),
    *_group(SHAPE, OURS, {"male, criminal": 0.80, "male, family": 0.48, "male, civil": 0.55}),
    *_group(SHAPE, OURS, {"age at first criminal contact, median": 24.0}, MEAN),
    *_group(SHAPE, OURS, {"people with a twin": 0.03, "Crown: masked": 0.003}),
    *_group(SHAPE, OURS, {"organisations: mags": 0.04, "organisations: Common Platform": 0.03, "organisations: Crown": 0.003,
                          "organisations: civil": 0.55, "public-law cases with a local authority": 1.0}),
    *_group(SHAPE, OURS, {"two prison numbers": 0.03, "two probation numbers": 0.04}),
    *_group(SHAPE, OURS, {"aliases: prison": 0.35, "aliases: probation": 0.25, "aliases: Common Platform": 0.06}),
    *_group(SHAPE, OURS, {"aliases with another date of birth: prison": 0.08, "aliases with another date of birth: probation": 0.05}),
    *_group(OVERLAP, PUBLISHED, {"probation people not in prison": 0.136, "prison people not in probation": 0.050}),
    *_group(OVERLAP, OURS, {"mags people in Crown": 0.09, "mags people in probation": 0.22, "mags people in prison": 0.12,
                            "mags people adult in family": 0.25, "mags people defendant in civil": 0.30}),
    *_group(
        ROWS, OURS,
        {"mags: defendants a case": 1.2, "mags: offences a row": 1.7, "Crown: defendants a case": 1.2, "Crown: offences a defendant": 2.2,
         "Crown: disposals an offence": 1.3, "Common Platform: messages a defendant": 3.0, "Common Platform: offences a defendant": 1.9,
         "prison: names a number": 1.6, "prison: bookings a number": 2.4, "prison: movements a booking": 9.0,
         "probation: events a number": 2.1, "probation: requirements an event that has any": 1.6, "family: roles a case": 4.1,
         "family: events a case": 6.0, "family: children a case": 1.6, "civil: parties a case": 2.3, "civil: events a case": 5.0},
        MEAN,
    ),
    *_group(ROWS, OURS, {"civil: cases with a judgment": 0.55, "civil: cases with a warrant": 0.18}),
    *_group(ROWS, OURS, {"remand, median days": 45.0, "custody, median days": 120.0}, MEAN),
    *_group(NAMES, PUBLISHED, {"two people share a forename": 0.0043, "two people share a surname": 7.9e-4,
                               "two people share a middle name": 0.0123, "two people share a full name": 6.4e-6}, CHANCE),
    *(Target(MISSING_GROUP, f"{source}: {field}", share / 100, OURS)
      for source, fields in _MISSING.items() for field, share in fields.items()),
    *_group(MISSING_GROUP, PUBLISHED, {"mags ethnicity, no motoring: 2012": 0.113, "mags ethnicity, no motoring: 2017": 0.22,
                                       "mags ethnicity, no motoring: 2020": 0.284}),
    *_group(MISSING_GROUP, OURS, {"mags ethnicity, motoring less other: 2012 to 2020": 0.25}),
    *_group(DIRT, OURS, {"misspelt name": 0.05, "familiar forename": 0.02, "forename and surname swapped": 0.001}),
    *_group(DIRT, OURS, {"date of birth: one edit": 0.010, "date of birth: day and month swapped": 0.004,
                         "date of birth: year off by up to five": 0.005, "date of birth: other": 0.001,
                         "date of birth placeholder: mags": 0.005, "date of birth placeholder: probation": 0.008}),
    *_group(DIRT, OURS, {"PNC canonical": 0.60, "PNC short with slash": 0.25, "PNC without slash": 0.10, "PNC of a wrong letter": 0.03,
                         "PNC placeholder": 0.02, "Crown PNC of ten characters": 1.0}),
    *_group(DIRT, OURS, {"no fixed abode: mags": 0.03, "the prison's own postcode: prison addresses": 0.04,
                         "a solicitor's address: Common Platform": 0.02}),
    *_group(
        MATCHES, PUBLISHED,
        {"name equal": 0.881, "name Jaro-Winkler .9": 0.073, "name swapped": 0.0020, "name among aliases": 0.0206,
         "name both Jaro-Winkler .7": 0.0050, "name forename only": 0.0042, "name surname only": 0.0053, "name differs": 0.0041,
         "date of birth equal": 0.948, "date of birth among aliases": 0.0171, "date of birth one edit": 0.0173,
         "date of birth within five years": 0.0102, "date of birth other": 0.0020,
         "postcode shared": 0.708, "postcode outcode only": 0.092, "postcode none": 0.199,
         "middle name equal": 0.931, "middle name Jaro-Winkler .85": 0.031, "middle name differs": 0.041,
         "register PNC only": 0.411, "register CRO only": 0.488, "register core digits": 0.046,
         "sentence date shared: one each": 0.079, "sentence date shared: up to 9": 0.147, "sentence date shared: up to 50": 0.095,
         "sentence date shared: more": 0.047, "sentence date within 14 days": 0.0077, "sentence date none": 0.591},
    ),
    *_group(MATCHES, OURS, {"family name equal, at most": 0.881, "civil name equal, at most": 0.881}, AT_MOST),
    *_group(
        RANDOM, PUBLISHED,
        {"name equal": 6.4e-6, "name Jaro-Winkler .9": 4.6e-4, "name swapped": 1.2e-7, "name among aliases": 1.31e-5,
         "name both Jaro-Winkler .7": 4.9e-4, "name forename only": 0.0043, "name surname only": 7.9e-4, "name differs": 0.994,
         "date of birth equal": 6.3e-5, "date of birth among aliases": 2.23e-5, "date of birth one edit": 0.0018,
         "date of birth within five years": 0.218, "date of birth other": 0.780,
         "postcode shared": 1.287e-4, "postcode outcode only": 0.0024, "postcode none": 0.997,
         "middle name equal": 0.0123, "middle name Jaro-Winkler .85": 0.0025, "middle name differs": 0.985,
         "sentence date shared: one each": 4.2e-5, "sentence date shared: up to 9": 2.2e-4, "sentence date shared: up to 50": 3.1e-4,
         "sentence date shared: more": 2.9e-4, "sentence date within 14 days": 0.0038, "sentence date none": 0.995},
        CHANCE,
    ),
    *_group(WEEKS, OURS, {"arrive late by up to four weeks": 0.04, "arrive later than 26 weeks": 0.005, "corrected in a week": 0.012,
                          "of these the address": 0.60, "vanish in a week": 0.0005, "mags rows renumbered in a week": 0.003,
                          "withdrawn rows that were live before": 0.5}),
)  # fmt: skip


def judged(measured: dict[tuple[str, str], tuple[float | None, int]]) -> list[dict[str, object]]:
    """Every target with what was measured, in the order of TARGETS: inside its bounds, MISSED, or not measured."""
    lines: list[dict[str, object]] = []
    for target in TARGETS:
        value, cases = measured.get((target.group, target.name), (None, 0))
        low, high = target.bounds(cases)
        lines.append(
            {
                "group": target.group, "name": target.name, "basis": target.basis, "target": target.value, "low": low, "high": high,
                "measured": value, "cases": cases, "verdict": target.verdict(value, cases),
            }
        )  # fmt: skip
    if unknown := measured.keys() - {(target.group, target.name) for target in TARGETS}:
        raise ValueError(f"no target for {sorted(unknown)}")
    return lines

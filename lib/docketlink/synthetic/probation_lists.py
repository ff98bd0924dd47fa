"""The lists of the probation system: what requirements and conditions there are, and the reference list that decodes ids."""

from functools import lru_cache

import numpy as np
import pyarrow as pa

from docketlink.synthetic.draws import Ints, Texts, texts
from docketlink.synthetic.writing import table

SUB_CATEGORY, TERMINATION, UNITS = "REQUIREMENT SUB CATEGORY", "REQUIREMENT TERMINATION REASON", "UNITS"
RECALL_REASON, BREACH_OUTCOME = "RECALL REASON", "BREACH OUTCOME"
COMPLETED, EXPIRED, REVOKED, BREACHED, DIED = range(5)
HOURS, DAYS, MONTHS, SESSIONS = range(4)
# Main categories: code, description, share, unit, and the descriptions of their sub categories.
Category = tuple[str, str, float, int, tuple[str, ...]]
REQUIREMENTS: tuple[Category, ...] = (
    ("F", "Rehabilitation Activity Requirement (RAR)", 0.38, DAYS, ("RAR", "RAR - Women")),
    ("W", "Unpaid Work", 0.30, HOURS, ("Regular", "Additional Hours")),
    ("C", "Curfew", 0.08, MONTHS, ("Electronically Monitored Curfew",)),
    ("7", "Court - Accredited Programme", 0.08, SESSIONS, ("Thinking Skills Programme", "Building Better Relationships")),
    ("D", "Drug Rehabilitation", 0.06, MONTHS, ("Drug Treatment - Non Residential", "Drug Treatment - Residential")),
    ("A", "Alcohol Treatment", 0.05, MONTHS, ("Alcohol Abstinence and Monitoring", "Alcohol Treatment")),
    ("M", "Mental Health Treatment", 0.02, MONTHS, ("Non-residential",)),
    ("P", "Prohibited Activity", 0.03, MONTHS, ("Named Person", "Named Place")),
)
CONDITIONS: tuple[Category, ...] = (
    ("ST", "Standard 7 Conditions", 0.55, MONTHS, ("Standard 7 Conditions",)),
    ("NC", "Contact Requirement", 0.12, MONTHS, ("No contact with named people",)),
    ("RE", "Residence at a Specified Place", 0.10, MONTHS, ("Approved Premises", "Other address")),
    ("EX", "Making or Maintaining Contact", 0.09, MONTHS, ("Exclusion zone",)),
    ("DT", "Drug Testing Condition", 0.08, MONTHS, ("Class A and B",)),
    ("PR", "Programme Requirement", 0.06, SESSIONS, ("Offending behaviour",)),
)
TOP_UPS: tuple[Category, ...] = (
    ("SA", "Standard Supervision Requirements", 0.80, MONTHS, ("Good behaviour and contact",)),
    ("DA", "Drug Appointment", 0.12, SESSIONS, ("Appointments",)),
    ("DT", "Drug Testing", 0.08, MONTHS, ("Class A and B",)),
)
_SUBS = tuple(sub for group in (REQUIREMENTS, CONDITIONS, TOP_UPS) for category in group for sub in category[4])
_SETS: dict[str, tuple[str, ...]] = {
    SUB_CATEGORY: _SUBS,
    TERMINATION: ("Requirement Completed", "Expired (Normal)", "Revoked", "Breach", "Died"),
    UNITS: ("Hours", "Days", "Months", "Sessions"),
    RECALL_REASON: ("Further offence charged", "Failed to keep in touch", "Failed to reside"),
    BREACH_OUTCOME: ("Order to continue", "Revoked and re-sentenced", "Withdrawn"),
    "GENDER": ("Male", "Female", "Not known"),
}
_FIRST_ID = 1_000  # each set begins at a thousand of its own


def reference_ids(code_set: str) -> Texts:
    """The ids of a set's entries, in their order."""
    first = _FIRST_ID * (1 + [*_SETS].index(code_set))
    return texts([str(first + n) for n in range(len(_SETS[code_set]))])


def sub_categories(group: tuple[Category, ...]) -> tuple[Ints, Ints]:
    """Of each category of a group: the position of its first sub category in their set, and how many it has."""
    counts = np.array([len(category[4]) for category in group])
    before = _SUBS.index(group[0][4][0])
    return before + np.cumsum(counts) - counts, counts


def reference_list(block: int) -> pa.Table:
    """The reference list: one for the nation, so it stands in the file of the first block alone."""
    whole = _reference_list()
    return whole if block == 0 else whole.slice(0, 0)


@lru_cache(maxsize=1)
def _reference_list() -> pa.Table:
    rows = [
        (identifier, name, f"{n + 1:02d}", description, "0")
        for name, entries in _SETS.items()
        for n, (identifier, description) in enumerate(zip(reference_ids(name), entries, strict=True))
    ]
    # A reason that is no longer given, and that no row refers to.
    rows.append((str(_FIRST_ID * 100), TERMINATION, "99", "Terminated (old system)", "1"))
    names = ("standard_reference_list_id", "code_set_name", "code_value", "code_description", "soft_deleted")
    columns = {name: texts(list(values)) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    return table({**columns, "partition_area_id": texts(["0"] * len(rows))})

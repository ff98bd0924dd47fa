"""Reviewers' decisions as their files say them, checked as a whole. Decisions are made by hand and few, so the driver holds them all."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

COLUMNS = ("record_id_a", "record_id_b", "decision", "scope", "actor", "confidence", "reason", "decided_on", "expires_on")
"""Columns of a file of decisions. Others may stand beside them when their name begins with ``shown_``: they are not read."""

SHOWN = "shown_"
_ALLOWED = {"decision": ("must", "cannot", "withdraw"), "actor": ("human", "system"), "confidence": ("verified", "unverified")}
_FILLED = ("record_id_a", "record_id_b", "decision", "scope", "actor", "confidence", "reason", "decided_on")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Decision:
    """One line of a file, its ends in order; ``row`` counts from 1 below the header."""

    record_id_l: str
    record_id_r: str
    kind: str
    scope: str
    actor: str
    confidence: str
    reason: str
    decided_on: date
    expires_on: date | None
    source_file: str
    row: int

    @property
    def pair(self) -> tuple[str, str]:
        """The two record ids, the smaller one first."""
        return self.record_id_l, self.record_id_r

    @property
    def place(self) -> str:
        """Where it was said."""
        return f"{self.source_file} row {self.row}"


def read_decisions(files: Mapping[str, bytes]) -> tuple[list[Decision], list[str]]:
    """The decisions of CSV files (name to content) in order of file and row, and every fault of them.

    A line without a decision, reason and date was not decided yet and is left out. A fault names file, row, column and rule, never
    what stands there.
    """
    decisions: list[Decision] = []
    faults: list[str] = []
    for name in sorted(files):
        for said in _of_file(name, files[name]):
            if isinstance(said, Decision):
                decisions.append(said)
            else:
                faults.append(said)
    return decisions, faults


def unknown_records(decisions: Sequence[Decision], known: Set[str]) -> list[str]:
    """A fault for each end of a decision that is not among the known records."""
    return [
        f"{decision.place}: one of its record ids is not in identity.person_record"
        if not known.isdisjoint(decision.pair)
        else f"{decision.place}: neither of its record ids is in identity.person_record"
        for decision in decisions
        if not {*decision.pair} <= known
    ]


def decisions_that_stand(decisions: Sequence[Decision]) -> tuple[list[Decision], list[str]]:
    """The last decision on each pair, by day, file and row, without withdrawn pairs; and the pairs whose last day says two things.

    Two decisions of one day disagree for good unless a later day settles it.
    """
    of_pair: dict[tuple[str, str], list[Decision]] = defaultdict(list)
    for decision in sorted(decisions, key=lambda d: (d.decided_on, d.source_file, d.row)):
        of_pair[decision.pair].append(decision)
    stand, faults = [], []
    for _, said in sorted(of_pair.items()):
        last = [decision for decision in said if decision.decided_on == said[-1].decided_on]
        other = next((decision for decision in last if decision.kind != last[-1].kind), None)
        if other:
            faults.append(f"{other.place} and {last[-1].place}, column decision: two different decisions of one day on one pair")
        if last[-1].kind != "withdraw":
            stand.append(last[-1])
    return stand, faults


def contradictions(decisions: Sequence[Decision], newest: date | None) -> list[str]:
    """A fault for each pair that must be apart though a chain of must decisions joins it, with the shortest chain.

    Only decisions that hold at the newest extract count, as in clustering; all of them where there is none yet.
    """
    hold = [d for d in decisions if newest is None or d.expires_on is None or d.expires_on > newest]
    joined = [decision for decision in hold if decision.kind == "must"]
    records = sorted({record for decision in joined for record in decision.pair})
    if not records:
        return []
    number = {record: i for i, record in enumerate(records)}
    left = np.array([number[d.record_id_l] for d in joined])
    right = np.array([number[d.record_id_r] for d in joined])
    graph = coo_array((np.ones(len(joined)), (left, right)), shape=(len(records), len(records))).tocsr()
    component = connected_components(graph, directed=False)[1]
    faults = []
    for decision in hold:
        start, end = (number.get(record) for record in decision.pair)
        if decision.kind == "cannot" and start is not None and end is not None and component[start] == component[end]:
            before = breadth_first_order(graph, start, directed=False, return_predecessors=True)[1]
            chain = [end]
            while chain[-1] != start:
                chain.append(int(before[chain[-1]]))
            shown = " - ".join(records[i] for i in reversed(chain))
            faults.append(f"{decision.place}, column decision: cannot, but must decisions join the pair: {shown}")
    return faults


def _of_file(name: str, content: bytes) -> Iterator[Decision | str]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield f"{name}: is not UTF-8 text"
        return
    try:
        header, *rows = [*csv.reader(io.StringIO(text, newline=""), strict=True)] or [[]]
    except csv.Error:
        yield f"{name}: is no CSV file: a quote is left open, or text follows one"
        return
    wrong = [f"column {column} is missing" for column in COLUMNS if column not in header]
    wrong += [
        f"column {i} of the header is not known" for i, c in enumerate(header, start=1) if c not in COLUMNS and not c.startswith(SHOWN)
    ]
    wrong += [f"column {column} is there twice" for column in COLUMNS if header.count(column) > 1]
    if wrong:
        yield from (f"{name}, header: {fault}" for fault in wrong)
        return
    for i, values in enumerate(rows, start=1):
        if not values:
            continue
        if len(values) != len(header):
            yield f"{name} row {i}: has {len(values)} fields, the header {len(header)}"
            continue
        said = {column: value.strip() for column, value in zip(header, values, strict=True)}
        if said["decision"] or said["reason"] or said["decided_on"]:
            yield from _of_row(name, i, said)


def _of_row(name: str, row: int, said: Mapping[str, str]) -> Iterator[Decision | str]:
    faults = [(column, "is empty") for column in _FILLED if not said[column]]
    faults += [
        (column, f"is none of {', '.join(allowed)}") for column, allowed in _ALLOWED.items() if said[column] and said[column] not in allowed
    ]
    decided_on, expires_on = _day(said["decided_on"]), _day(said["expires_on"])
    faults += [
        (column, "is no date yyyy-MM-dd")
        for column, day in (("decided_on", decided_on), ("expires_on", expires_on))
        if said[column] and day is None
    ]
    if decided_on and expires_on and expires_on <= decided_on:
        faults.append(("expires_on", "is not after decided_on"))
    if said["record_id_a"] and said["record_id_a"] == said["record_id_b"]:
        faults.append(("record_id_b", "is the same record as record_id_a"))
    if faults or decided_on is None:
        yield from (f"{name} row {row}, column {column}: {rule}" for column, rule in faults)
        return
    left, right = sorted((said["record_id_a"], said["record_id_b"]))
    yield Decision(
        left,
        right,
        said["decision"],
        said["scope"],
        said["actor"],
        said["confidence"],
        said["reason"],
        decided_on,
        expires_on,
        name,
        row,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None

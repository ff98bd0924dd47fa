"""What happens in family cases, as FamilyMan writes it: events, their fields with lists in one text, and hearings."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from docketlink.synthetic.draws import Flags, Ints, Reals, Stage, Texts, happens, pick, stream, texts
from docketlink.synthetic.family_contacts import CHILD, FamilyCases
from docketlink.synthetic.family_drafts import ADOPTION, COVERED_TO, PRIVATE, PUBLIC, VIOLENCE
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.writing import chosen, iso, numbers, table

_EVENTS_A_PERSON = 2  # ids reserved, more than twice what comes
_C, _P, _F, _A = PUBLIC, PRIVATE, VIOLENCE, ADOPTION
_HEARINGS = ("C6", "G61", "FL402", "FL405", "A8", "A90", "A91", "G60")
_MADE = {"C21": "C21_3", "C24": "C24_6", "C36": "C36_5", "C43": "C43_5", "ORDREF": "ORDREF_5", "ORDNOM": "ORDNOM_5"}
_SOUGHT = {"U22": "U22_AT", "G50": "G50_AT"}


@dataclass(frozen=True)
class Dirt:
    """Shares of events, ours unless said. Events about children name them or, in the rest, leave them to the case."""

    error: float = 0.01  # entered wrongly and withdrawn (documented, 6.4)
    no_receipt: float = 0.08  # the date of entry stands for it
    children_listed: float = 0.70
    first_child_only: float = 0.20  # of those that list any
    ex_parte: float = 0.60  # of violence orders
    power_of_arrest: float = 0.25
    vacated: float = 0.08  # of hearings


DIRT = Dirt()

# Model, mean number in a case of each kind, mean days after the issue. Sums come to about six events a case (domain.md 6.2).
_SCRIPT: tuple[tuple[str, dict[int, float], int], ...] = (
    ("U22", {_C: 1.0, _P: 1.0}, 0),
    ("FL401", {_F: 1.0}, 0),
    ("A58", {_A: 1.0}, 0),
    ("G50", {_C: 0.6, _P: 0.5}, 90),
    ("C6", {_C: 2.4, _P: 2.3}, 60),
    ("G61", {_C: 0.6, _P: 0.6}, 120),
    ("C21", {_C: 0.2, _P: 0.6}, 150),
    ("C24", {_C: 0.2}, 30),
    ("C23", {_C: 0.15}, 3),
    ("C32A", {_C: 0.40}, 180),
    ("C33", {_C: 0.45}, 20),
    ("C35A", {_C: 0.20}, 180),
    ("C36", {_C: 0.1}, 200),
    ("C43", {_C: 0.2, _P: 0.9}, 170),
    ("C43A", {_C: 0.1, _P: 0.05}, 190),
    ("C45A", {_P: 0.05}, 160),
    ("ORDREF", {_C: 0.02, _P: 0.05}, 170),
    ("ORDNOM", {_C: 0.03, _P: 0.07}, 170),
    ("G63", {_C: 0.03, _P: 0.08, _F: 0.1, _A: 0.04}, 60),
    ("FL402", {_F: 1.8}, 14),
    ("FL405", {_F: 0.5}, 30),
    ("FL404", {_F: 0.75}, 10),
    ("FL404B", {_F: 0.35}, 25),
    ("FL406", {_F: 0.15}, 12),
    ("A90", {_A: 1.3}, 40),
    ("A91", {_A: 0.6}, 90),
    ("G60", {_A: 0.4}, 60),
    ("A70", {_A: 0.45}, 60),
    ("A76", {_A: 0.8}, 200),
    ("A73", {_A: 0.08}, 120),
    ("A74", {_A: 0.04}, 120),
)
MODELS = tuple(model for model, _, _ in _SCRIPT)
# Texts of fields that hold lists: tokens with commas, blanks and empty places as clerks leave them. Private tokens are ours.
_PUBLIC_SOUGHT = ("CRO", "SO", "CRO,SO", "EPO", "CRO, SO ,", "DCO", "ESO", "CAO,CRO")
_PRIVATE_SOUGHT = ("CNT", "RES", "CNT,RES", "PS", "CNT, PS", "SPI", "PR", "PS , SPI,", "SGO")
_PUBLIC_MADE = ("CRO", "SO", "DCO", "SSC", "ARC", "ESO,SO", "OC,", "XEPO")
_PRIVATE_MADE = ("CNT", "RES", "CNT,RES", "PS", "PS, SPI", "PR", ",CNT", "CNT, CNT")
_VIOLENCE_MADE = ("NM", "NM, OCC", "OCC", "NM,OCC")
_LIST_SHARES = np.array([0.30, 0.18, 0.12, 0.10, 0.08, 0.08, 0.06, 0.05, 0.03])


@dataclass(frozen=True)
class _Events:
    """Events in order of their case and day."""

    of: Ints
    model: Ints  # position in MODELS
    day: Ints
    error: Flags


def tables(plan: Plan, block: int, made: FamilyCases, case: Texts, role_id: Texts, party: Ints, in_person: Flags) -> dict[str, pa.Table]:
    """``events``, ``event_fields`` and ``hearings`` of a block. ``party`` is the party of each role, deleted ones included."""
    rng = stream(plan.seed, block, Stage.FAMILY, 3)
    happened = _happen(rng, made)
    size = len(happened.of)
    # Eleven digits, the first three of which are the court.
    number = made.court[happened.of] + 100
    event = numbers(number * 100_000_000 + block * plan.people_per_block * _EVENTS_A_PERSON + np.arange(size) + 1, 11)
    receipt = iso(happened.day)
    receipt[happens(rng, DIRT.no_receipt, size)] = ""
    events = {
        "event": event,
        "case_number": case[happened.of],
        "event_model": chosen(MODELS, happened.model),
        "receipt_date": receipt,
        "entry_date": iso(happened.day + rng.poisson(1.5, size=size)),
        "creating_court": numbers(number),
        "error": chosen(("N", "Y"), happened.error.astype(np.int64)),
    }
    about = _children(made, role_id, party, in_person)
    return {
        "events": table(events),
        "event_fields": _fields(rng, made, happened, event, about),
        "hearings": _hearings(rng, happened, event),
    }


def _happen(rng: np.random.Generator, made: FamilyCases) -> _Events:
    of, model, day = [], [], []
    for number, (_, means, wait) in enumerate(_SCRIPT):
        mean = np.array([means.get(kind, 0.0) for kind in range(4)])[made.kind]
        # Issues come once; of the rest a case has any number.
        count = mean.astype(np.int64) if wait == 0 else rng.poisson(mean)
        which = np.repeat(np.arange(len(count)), count)
        of.append(which)
        model.append(np.full(len(which), number))
        day.append(made.day[which] + (rng.exponential(wait, size=len(which)) if wait else np.zeros(len(which))).astype(np.int64))
    cases, models, days = np.concatenate(of), np.concatenate(model), np.concatenate(day)
    order = np.lexsort((models, days, cases))
    order = order[days[order] <= COVERED_TO]
    return _Events(cases[order], models[order], days[order], happens(rng, DIRT.error, len(order)))


def _children(made: FamilyCases, role_id: Texts, party: Ints, in_person: Flags) -> dict[int, tuple[str, ...]]:
    """The children's roles of each case, deleted ones among them: with commas alone, with blanks, with both, and the first alone."""
    listed = np.flatnonzero((made.role[party] == CHILD) & in_person)
    listed = listed[np.argsort(made.of[party[listed]], kind="stable")]
    cases, start = np.unique(made.of[party[listed]], return_index=True)
    ids = role_id[listed].tolist()
    ends = [*start.tolist()[1:], len(ids)]
    groups = zip(cases.tolist(), start.tolist(), ends, strict=True)
    return {c: (",".join(ids[a:b]), ", ".join(ids[a:b]), " ,".join(ids[a:b]) + ",", ids[a]) for c, a, b in groups}


def _fields(rng: np.random.Generator, made: FamilyCases, happened: _Events, event: Texts, about: dict[int, tuple[str, ...]]) -> pa.Table:
    """Field models and values of events: order types, children, and how a violence order was made."""
    kind = made.kind[happened.of]
    parts = []
    for model, field in (*_SOUGHT.items(), *_MADE.items()):
        for public in (True, False):
            options = (
                (_PUBLIC_SOUGHT if model in _SOUGHT else _PUBLIC_MADE) if public else _PRIVATE_SOUGHT if model in _SOUGHT else _PRIVATE_MADE
            )
            which = np.flatnonzero((happened.model == MODELS.index(model)) & ((kind == PUBLIC) == public))
            parts.append((which, field, _picked(rng, options, _LIST_SHARES[: len(options)], len(which))))
    with_children = np.flatnonzero(np.isin(happened.model, _ABOUT_CHILDREN) & happens(rng, DIRT.children_listed, len(event)))
    how = np.where(happens(rng, DIRT.first_child_only, len(with_children)), 3, pick(rng, np.array([0.6, 0.3, 0.1]), len(with_children)))
    lists = [about.get(c, ("",) * 4)[h] for c, h in zip(happened.of[with_children].tolist(), how.tolist(), strict=True)]
    model_of = chosen(tuple(f"{model}_CH" for model in MODELS), happened.model[with_children])
    parts += [(with_children[model_of == name], name, texts(lists)[model_of == name]) for name in sorted(set(model_of))]
    for model, order, alone, arrest in (("FL404", "FL404_79", "FL404_5", "FL404_67"), ("FL404B", "FL404B_7", "FL404B_5", "FL404B_8")):
        which = np.flatnonzero(happened.model == MODELS.index(model))
        parts.append((which, order, _picked(rng, _VIOLENCE_MADE, np.array([0.7, 0.15, 0.1, 0.05]), len(which))))
        ex_parte = which[happens(rng, DIRT.ex_parte, len(which))]
        parts.append((ex_parte, alone, texts(["F"] * len(ex_parte))))
        parts.append((which, arrest, chosen(("F", "T"), happens(rng, DIRT.power_of_arrest, len(which)).astype(np.int64))))
    which = np.concatenate([part[0] for part in parts])
    fields = texts([name for places, name, _ in parts for _ in range(len(places))])
    value = np.concatenate([part[2] for part in parts])
    order_of = np.lexsort((np.arange(len(which)), which))
    filled = order_of[value[order_of] != ""]
    return table({"event": event[which[filled]], "field_model": fields[filled], "value": value[filled]})


_ABOUT_CHILDREN = [n for n, model in enumerate(MODELS) if model in ("U22", "G50") or (model[0] == "C" and model not in _HEARINGS)]


def _picked(rng: np.random.Generator, options: tuple[str, ...], shares: Reals, size: int) -> Texts:
    return chosen(options, pick(rng, shares, size))


def _hearings(rng: np.random.Generator, happened: _Events, event: Texts) -> pa.Table:
    """Events of hearing models, each with the day on which the court sat or would have."""
    which = np.flatnonzero(np.isin(happened.model, [n for n, model in enumerate(MODELS) if model in _HEARINGS]))
    size = len(which)
    return table(
        {
            "event": event[which],
            "hearing_type": chosen(("DIR", "FHDRA", "DRA", "FINAL", "CMH"), rng.integers(0, 5, size)),
            "hearing_date": iso(happened.day[which] + 14 + rng.integers(0, 30, size)),
            "vacated_flag": chosen(("", "Y"), happens(rng, DIRT.vacated, size).astype(np.int64)),
        }
    )

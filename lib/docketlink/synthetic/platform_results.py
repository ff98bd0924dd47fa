"""Offences of Common Platform's defendants, and what each message says was ordered for them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.synthetic.contacts import OFFENCES, OUTCOMES, SENTENCE, TRIAL
from docketlink.synthetic.crown_cases import RESULTS
from docketlink.synthetic.draws import Flags, Ints, Stage, Texts, happens, pick, rank_within, stream, texts
from docketlink.synthetic.json_text import figures, lists, objects, quoted, truths, where
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.platform_cases import RATES, Defendants, Hearings, Messages
from docketlink.synthetic.references import uuids
from docketlink.synthetic.writing import chosen, iso

_CJS = {
    "VAP": "CJ88116", "SEX": "SX03001", "ROB": "TH68023", "THEFT": "TH68010", "CDA": "CD71039", "DRUGS": "MD71230", "WEAP": "CJ88143",
    "PUBORD": "PU86090", "MISC": "OF61102", "FRAUD": "FI68131", "SNM": "CA03012", "SM": "RT88191", "NK": "XX00000",
}  # fmt: skip
_LABELS = ("Imprisonment", "Suspended sentence order", "Community order", "Fine", "Conditional discharge", "Other disposal",
           "Sent to Crown Court for trial", "Committed to Crown Court for sentence", "Withdrawn", "Dismissed")  # fmt: skip
_CROWN_LABELS = ("Life imprisonment", "Imprisonment", "Suspended sentence order", "Community order", "Fine", "Other disposal",
                 "Conditional discharge", "Remitted", "Withdrawn", "Found not guilty")  # fmt: skip
ADJOURNED, SURCHARGE = "Adjourned", "Surcharge"
LABELS = (*_LABELS, *_CROWN_LABELS, ADJOURNED, SURCHARGE)
_FIRST_CROWN, _ADJOURNED, _SURCHARGE = len(_LABELS), len(LABELS) - 2, len(LABELS) - 1
_PLEAS = ("GUILTY", "NOT_GUILTY")
_INDICATED = ("INDICATED_GUILTY", "INDICATED_NOT_GUILTY", "NO_INDICATION")
assert len(_LABELS) == len(OUTCOMES)  # noqa: S101 - one label for each outcome
assert len(_CROWN_LABELS) == len(RESULTS)  # noqa: S101


@dataclass(frozen=True)
class Offences:
    """Offences by defendant: whose they are, codes and the start of each one's JSON object."""

    defendant: Ints
    count: Ints  # of each defendant
    is_principal: Flags
    head: pa.Array


def offences(plan: Plan, block: int, held: Defendants) -> Offences:
    """The offences of a block's defendants, the principal one first."""
    rng = stream(plan.seed, block, Stage.COMMON_PLATFORM, 4)
    count = 1 + rng.poisson(RATES.offences - 1, size=len(held.person))
    of = np.repeat(np.arange(len(count)), count)
    size, principal = len(of), rank_within(of) == 0
    offence = np.where(principal, held.offence[of], rng.integers(0, len(OFFENCES) - 1, size=size))
    start = held.offence_day[of] - np.where(principal, 0, rng.integers(0, 3, size=size))
    long = happens(rng, 0.15, size)
    end = texts(np.where(long, iso(start + rng.integers(1, 30, size=size)), ""))
    guilty = held.outcome[of] <= SENTENCE
    plea = np.where(guilty, happens(rng, 0.1, size), 1).astype(np.int64)
    members = {
        "id": quoted(uuids(rng, block, 12, size)),
        "offenceCode": quoted(chosen(tuple(_CJS[name] for name in OFFENCES), offence)),
        "startDate": quoted(iso(start)),
        "endDate": quoted(end),
        "chargeDate": quoted(iso(start + rng.integers(0, 60, size=size))),
        "modeOfTrial": quoted(chosen(("SUMMARY", "EITHER_WAY", "INDICTABLE"), pick(rng, np.array([0.5, 0.4, 0.1]), size))),
        # Both pleas may be there; the plea itself counts then.
        "plea": where(happens(rng, 0.6, size), objects({"pleaValue": quoted(chosen(_PLEAS, plea))})),
        "indicatedPlea": where(
            happens(rng, 0.3, size), objects({"indicatedPleaValue": quoted(chosen(_INDICATED, rng.integers(0, 3, size)))})
        ),
    }
    head = pc.utf8_slice_codeunits(objects(members), 0, -1) if size else pa.array([], pa.string())
    return Offences(of, count, principal, head)


def of_messages(
    plan: Plan, block: int, held: Defendants, heard: Hearings, told: Messages, made: Offences, appearance: Ints, message: Ints
) -> pa.Array:
    """The list of offences of each pair of ``appearance`` (position in ``heard.defendant``) and ``message``, with the results so far."""
    acts = _acts(plan, block, held, heard, made)
    first_act = np.cumsum(made.count[heard.defendant]) - made.count[heard.defendant]
    count = made.count[heard.defendant[appearance]]
    pair = np.repeat(np.arange(len(appearance)), count)
    act = first_act[appearance][pair] + rank_within(pair)
    offence = acts.offence[act]
    has_results = told.has_results[message][pair]
    results = np.where(has_results, acts.results[act], 0)
    row = np.repeat(np.arange(len(act)), results)
    which = (np.cumsum(acts.results) - acts.results)[act][row] + rank_within(row)
    # The last message takes back what was wrong and gives what stands instead; before it the wrong one stood alone.
    is_last = told.is_last[message][pair][row]
    shown = is_last | ~acts.is_replacement[which]
    row, which, is_last = row[shown], which[shown], is_last[shown]
    results = np.bincount(row, minlength=len(act))
    shared = _times(told.minute)
    written = pc.binary_join_element_wise(
        acts.result.take(pa.array(which)),
        ',"isDeleted":',
        truths(acts.is_wrong[which] & is_last),
        ',"lastSharedDateTime":',
        quoted(shared).take(pa.array(message[pair[row]])),
        "}",
        "",
    )
    concluded = truths(acts.is_final[act] & has_results)
    objects_ = pc.binary_join_element_wise(
        made.head.take(pa.array(offence)), ',"proceedingsConcluded":', concluded, ',"judicialResults":', lists(written, results), "}", ""
    )
    return lists(objects_, count)


def _times(minute: Ints) -> Texts:
    """UTC timestamps."""
    return texts([f"{text}:00.000Z" for text in np.datetime_as_string(minute.astype("datetime64[m]")).tolist()])


@dataclass(frozen=True)
class _Acts:
    """An act is an offence as a hearing dealt with it; ``results`` is their number for each, the rest of them follow in order."""

    offence: Ints
    is_final: Flags
    results: Ints
    result: pa.Array  # the start of each result's JSON object
    is_wrong: Flags  # of results: taken back in the last message
    is_replacement: Flags  # of results: given for one that was taken back


def _acts(plan: Plan, block: int, held: Defendants, heard: Hearings, made: Offences) -> _Acts:
    rng = stream(plan.seed, block, Stage.COMMON_PLATFORM, 5)
    count = made.count[heard.defendant]
    appearance = np.repeat(np.arange(len(count)), count)
    start = np.cumsum(made.count) - made.count
    offence = start[heard.defendant[appearance]] + rank_within(appearance)
    defendant, size = heard.defendant[appearance], len(offence)
    is_final, is_crown = heard.is_final[appearance], heard.is_crown[heard.hearing[appearance]]
    label = _main_label(rng, held, made, offence, defendant, is_final, is_crown)
    guilty = is_final & ~np.isin(label, _NOT_GUILTY)
    surcharged = guilty & made.is_principal[offence] & happens(rng, 0.45, size) & ~np.isin(label, (TRIAL, SENTENCE))
    wrong = happens(rng, RATES.deleted * 1.1, size)  # of main results, so that the share of all results is right
    results = 1 + surcharged + wrong
    act = np.repeat(np.arange(size), results)
    place = rank_within(act)
    is_wrong = wrong[act] & (place == 0)
    is_replacement = wrong[act] & (place == 1)
    is_surcharge = surcharged[act] & (place == results[act] - 1) & (place > 0)
    kind = np.where(is_surcharge, _SURCHARGE, label[act])
    category = np.where(is_surcharge, 2, np.where(is_final[act], 0, 1))
    day = heard.day[heard.hearing[appearance]][act]
    members = {
        "judicialResultId": quoted(uuids(rng, block, 13, len(act))),
        "label": quoted(chosen(LABELS, kind)),
        "category": quoted(chosen(("FINAL", "INTERMEDIARY", "ANCILLARY"), category)),
        "orderedDate": quoted(iso(day)),
        "rank": figures(100 + 10 * place),
        "isConvictedResult": truths(guilty[act]),
        "isFinancialResult": truths(is_surcharge | np.isin(kind, _FINANCIAL)),
    }
    head = pc.utf8_slice_codeunits(objects(members), 0, -1) if len(act) else pa.array([], pa.string())
    return _Acts(offence, is_final, results, head, is_wrong, is_replacement)


_FINANCIAL = [place for place, label in enumerate(LABELS) if label in ("Fine", SURCHARGE)]
_NOT_GUILTY = [place for place, label in enumerate(LABELS) if label in ("Withdrawn", "Dismissed", "Found not guilty", ADJOURNED)]


def _main_label(
    rng: np.random.Generator, held: Defendants, made: Offences, offence: Ints, defendant: Ints, is_final: Flags, is_crown: Flags
) -> Ints:
    """The main result of each act: the court's outcome for the principal offence, one no heavier for the others."""
    size, principal = len(offence), made.is_principal[offence]
    lower = held.outcome[defendant]
    lesser = pick(rng, np.array([0, 0, 0.1, 0.4, 0.1, 0.1, 0.0, 0.0, 0.25, 0.05]), size)
    below = np.where(principal | np.isin(lower, (TRIAL, SENTENCE)), lower, np.maximum(lower, lesser))
    upper = held.result[defendant]
    other = np.maximum(upper, pick(rng, np.array([0, 0.1, 0.1, 0.15, 0.1, 0.15, 0.1, 0.0, 0.2, 0.1]), size))
    above = _FIRST_CROWN + np.where(principal, upper, other).clip(0, len(RESULTS) - 1)
    return np.where(~is_final, _ADJOURNED, np.where(is_crown, above, below))

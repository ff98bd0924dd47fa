"""The answers of assessments, wide: a column for each question, and for each wording of it. They follow from a person's needs."""

from functools import lru_cache

import numpy as np
import pyarrow as pa

from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Flags, Ints, Reals, Stage, Texts, happens, stream, texts
from docketlink.synthetic.noise import blank
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.writing import chosen, iso, numbers, table

MISSING = "M"  # what the system writes for a question that was not asked: no score
_MISSING_SHARE = 0.06  # of scores
_NEW_WORDING = int(np.datetime64("2017-07-01").astype(int))  # from this day on some questions are asked in another way
# Questions by section: offending (1, 2), accommodation, finance, drugs, wellbeing, health.
_SCORES = {
    "1": ("1_5", "1_6", "1_24", "1_29", "1_30", "1_32", "1_33", "1_38"),
    "2": ("2_2_weapon", "2_2_violence", "2_2_excessive", "2_3", "2_6", "2_9", "2_11", "2_12"),
    "3": ("3_3", "3_4", "3_5", "3_6"),
    "5": ("5_2", "5_3", "5_4", "5_5"),
    "8": ("8_4", "8_5", "8_6", "8_8", "8_9"),
    "10": ("10_1", "10_2", "10_3", "10_4", "10_6"),
    "13": ("13_1", "13_2"),
}
_TICKS = (
    "2_4_direct", "2_4_children", "8_1_heroin_weekly", "8_1_crack_weekly", "8_1_cannabis_weekly", "8_1_cocaine_weekly", "10_7_selfharm",
    "10_7_medication", "13_3_gp", "13_3_disability",
)  # fmt: skip
_YES_NO = ("1_44", "2_13", "2_14", "5_6", "8_2_injected", "10_8", "13_4")
_REWORDED = ("10_7_histpsych", "8_7")  # asked under question_<item> until the new wording, under question_<item>_v2… from then on
_INCOME = ("Work", "Benefits", "Family", "Crime", "None")
_LODGING = ("Permanent", "Transient", "No fixed abode", "Supported housing")
DRUGS = ("Heroin", "Methadone", "Crack", "Cocaine", "Cannabis", "Amphetamines", "Benzodiazepines", "Spice")


def tables(plan: Plan, block: int, world: World, person: Ints, day: Ints, inside: Flags, ids: Texts) -> dict[str, pa.Table]:
    """The tables of answers: the core of every assessment, screening of those inside, partner violence for some."""
    rng = stream(plan.seed, block, Stage.ASSESSMENTS, 2)
    size, people = len(ids), len(world.people)
    # Needs hang together and change little: one general and one of each section for a person, some chance in each answer.
    general = rng.normal(size=people)
    need = {section: (0.7 * general + 0.6 * rng.normal(size=people))[person] for section in _SCORES}
    core: dict[str, Texts] = {"assessment_id": ids}
    for section, items in _SCORES.items():
        scores = np.array([_score(rng, need[section]) for _ in items]).reshape(len(items), size)
        for item, score in zip(items, scores, strict=True):
            core[f"question_{item}"] = _written(rng, score)
        if section in ("3", "5"):
            most = {"3": 8, "5": 9}[section]
            core[f"question_{section}_tot"] = _written(rng, np.minimum(scores.sum(axis=0), most))
    core["question_5_1"] = chosen(_INCOME, np.clip((need["5"] + 1.5 + rng.normal(size=size)).astype(np.int64), 0, 4))
    core["question_10_5"] = _written(rng, 2 * (need["10"] + rng.normal(size=size) > 1.2))
    for item in _TICKS:
        core[f"question_{item}"] = chosen(("", "YES"), (need[item.split("_")[0]] + rng.normal(size=size) > 1.0).astype(np.int64))
    for item in _YES_NO:
        core[f"question_{item}"] = chosen(("NO", "YES"), (need[item.split("_")[0]] + rng.normal(size=size) > 0.6).astype(np.int64))
    for item in _REWORDED:
        core |= _reworded(rng, item, need[item.split("_")[0]], day)
    screened, asked = np.flatnonzero(inside), np.flatnonzero(happens(rng, 0.3, size))
    return {
        "oasys_assessments_details_core_risk": table({name: core[name] for name in core_columns()}),
        "oasys_assessments_details_bcs": table(_screening(rng, ids[screened], need["3"][screened])),
        "oasys_assessments_details_sara": table(_partners(rng, ids[asked], need["2"][asked], day[asked])),
        "drug_lookup": _drugs(block),
    }


@lru_cache(maxsize=1)
def core_columns() -> tuple[str, ...]:
    """Columns of the core table in the order of their sections."""
    items = [item for group in _SCORES.values() for item in group] + ["3_tot", "5_tot", "5_1", "10_5", *_TICKS, *_YES_NO]
    items += [each for item in _REWORDED for each in (item, second_wording(item))]
    ordered = sorted(items, key=lambda item: [int(item.split("_")[0]), item.split("_")[1].zfill(3), item])
    return ("assessment_id", *(f"question_{item}" for item in ordered))


def second_wording(item: str) -> str:
    """The column of an item's second wording: the version stands behind the number of the question."""
    section, number, *rest = item.split("_")
    return "_".join([section, number, "v2", *rest])


def _score(rng: np.random.Generator, need: Reals) -> Ints:
    """0, 1 or 2: no, some, significant problems."""
    felt = need + 0.8 * rng.normal(size=len(need))
    return (felt > 0.2).astype(np.int64) + (felt > 1.1)


def _written(rng: np.random.Generator, score: Ints) -> Texts:
    asked = ~happens(rng, _MISSING_SHARE, len(score))
    return texts(np.where(asked, numbers(score.astype(np.int64)), MISSING))


def _reworded(rng: np.random.Generator, item: str, need: Reals, day: Ints) -> dict[str, Texts]:
    answer = chosen(("NO", "YES"), (need + rng.normal(size=len(need)) > 0.8).astype(np.int64))
    later = day >= _NEW_WORDING
    return {f"question_{item}": blank(answer, later), f"question_{second_wording(item)}": blank(answer, ~later)}


def _screening(rng: np.random.Generator, ids: Texts, need: Reals) -> dict[str, Texts]:
    lodging = np.clip((need + 1.0 + rng.normal(size=len(ids))).astype(np.int64), 0, 3)
    return {
        "assessment_id": ids,
        "question_bcs33": chosen(_LODGING, lodging),
        "question_bcs34": _written(rng, _score(rng, need)),
        "question_bcs41": chosen(("NO", "YES"), rng.integers(0, 2, size=len(ids))),
    }


def _partners(rng: np.random.Generator, ids: Texts, need: Reals, day: Ints) -> dict[str, Texts]:
    return {
        "assessment_id": ids,
        "question_sr45_1_1": chosen(("NO", "YES"), (need + rng.normal(size=len(ids)) > 0.5).astype(np.int64)),
        "question_sr45_1_2": _written(rng, _score(rng, need)),
        "question_sr45_date": iso(day),
    }


def _drugs(block: int) -> pa.Table:
    """The list of drugs: one for the nation, so it stands in the file of the first block alone."""
    listed = table({"drug_code": texts([f"{n:02d}" for n in range(1, len(DRUGS) + 1)]), "drug_desc": texts(list(DRUGS))})
    return listed if block == 0 else listed.slice(0, 0)

"""Common Platform, the system that replaced Libra and XHIBIT: a JSON message for each time that a hearing's state was shared."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.synthetic import magistrates, platform_people, platform_results
from docketlink.synthetic.contacts import World
from docketlink.synthetic.crown_cases import crown_court_of
from docketlink.synthetic.draws import Ints, Stage, Texts, happens, rank_within, stream, texts
from docketlink.synthetic.json_text import lists, objects, quoted
from docketlink.synthetic.noise import blank
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation
from docketlink.synthetic.platform_cases import HEARING_TYPES, RATES, Defendants, Hearings, Messages, cases, messages
from docketlink.synthetic.references import case_urn, uuids
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.writing import chosen

SOURCE = "common_platform"
NODE_TABLE = "hearing_event"
MIGRATION_SCHEMA = pa.schema([("magistrates_key", pa.string()), ("platform_key", pa.string())])
_DEFENDANT, _CASE, _HEARING = 9, 10, 11  # kinds of UUIDs; platform_results has 12 and 13


def nodes(plan: Plan, block: int, world: World) -> tuple[list[Texts], Ints]:
    """Native key columns and person of each linking node; companies have no truth."""
    held, _ = cases(plan, block, world)
    people = np.flatnonzero(~held.is_company)
    return [texts(_ids(plan, block, _DEFENDANT, len(held.person)).take(pa.array(people)).to_pylist())], held.person[people]


def migrations(plan: Plan, block: int, world: World) -> pa.Table:
    """Which defendant here is a magistrates' row that went on after its court's cut-over: native keys of both, MIGRATION_SCHEMA."""
    held, _ = cases(plan, block, world)
    same = np.flatnonzero((held.lower >= 0) & ~held.is_company)
    below = magistrates.row_ids(plan, block, world)[held.lower[same]]
    return pa.table(
        [pa.array(below, pa.string()), _ids(plan, block, _DEFENDANT, len(held.person)).take(pa.array(same))], schema=MIGRATION_SCHEMA
    )


def _ids(plan: Plan, block: int, kind: int, count: int) -> pa.Array:
    return uuids(stream(plan.seed, block, Stage.COMMON_PLATFORM, kind), block, kind, count)


def tables(plan: Plan, block: int, world: World, country: Nation, registers: Registers) -> dict[str, pa.Table]:
    """The messages of a block, one column ``message`` of JSON objects in the order of arrival."""
    held, heard = cases(plan, block, world)
    told = messages(plan, block, heard)
    # Who stood in the hearing of each message.
    appearances = np.bincount(heard.hearing, minlength=len(heard.day))
    first = np.cumsum(appearances) - appearances
    count = appearances[told.hearing]
    message = np.repeat(np.arange(len(told.hearing)), count)
    appearance = first[told.hearing][message] + rank_within(message)
    offences = platform_results.offences(plan, block, held)
    charged = platform_results.of_messages(plan, block, held, heard, told, offences, appearance, message)
    people = _people(plan, block, world, country, registers, held, heard, told, heard.defendant[appearance], message)
    defendants = pc.binary_join_element_wise(people, ',"offences":', charged, "}", "")
    case = objects(_case_members(plan, block, held)).take(pa.array(heard.case[told.hearing]))
    prosecuted = pc.binary_join_element_wise(
        "[", pc.utf8_slice_codeunits(case, 0, -1), ',"defendants":', lists(defendants, count), "}]", ""
    )
    hearing = _hearing_heads(plan, block, country, held, heard).take(pa.array(told.hearing))
    whole = pc.binary_join_element_wise('{"hearing":', hearing, ',"prosecutionCases":', prosecuted, "}}", "")
    return {NODE_TABLE: pa.table({"message": whole})}


def _people(
    plan: Plan, block: int, world: World, country: Nation, registers: Registers, held: Defendants, heard: Hearings, told: Messages,
    defendant: Ints, message: Ints,
) -> pa.Array:  # fmt: skip
    """The start of the defendant's object for each appearance in a message; some first messages have slips of their own."""
    rng = stream(plan.seed, block, Stage.COMMON_PLATFORM, 3)
    size, ids = len(held.person), _ids(plan, block, _DEFENDANT, len(held.person))
    day = platform_people.first_days(heard.day, heard.hearing, heard.defendant, size)
    earliest = np.full(size, 2**62, dtype=np.int64)
    np.minimum.at(earliest, defendant, told.minute[message])
    several = np.bincount(defendant, minlength=size) > 1
    overlooked = np.flatnonzero(platform_people.overlooked(rng, size) & several & ~held.is_company)
    both = platform_people.heads(plan, block, world, country, registers, held, ids, day, overlooked)
    first_version = np.full(size, -1, dtype=np.int64)
    first_version[overlooked] = size + np.arange(len(overlooked))
    is_first = (told.minute[message] == earliest[defendant]) & (first_version[defendant] >= 0)
    return both.take(pa.array(np.where(is_first, first_version[defendant], defendant)))


def _case_members(plan: Plan, block: int, held: Defendants) -> dict[str, pa.Array]:
    """Members of each case, one entry a case: its id, and the URN or else the prosecutor's own reference."""
    rng = stream(plan.seed, block, Stage.COMMON_PLATFORM, 8)
    _, first = np.unique(held.case, return_index=True)
    none = happens(rng, RATES.urn_missing, len(first))
    urn = case_urn(held.court[first] // 2, held.urn[first])
    own = texts([f"TFL{each[4:]}" for each in urn])
    identifier = {"caseURN": quoted(blank(urn, none)), "prosecutionAuthorityReference": quoted(blank(own, ~none))}
    return {"id": quoted(_ids(plan, block, _CASE, len(first))), "prosecutionCaseIdentifier": objects(identifier)}


def _hearing_heads(plan: Plan, block: int, country: Nation, held: Defendants, heard: Hearings) -> pa.Array:
    """The start of each hearing's object; a trial of the Crown Court may sit for several days."""
    rng = stream(plan.seed, block, Stage.COMMON_PLATFORM, 14)
    size = len(heard.day)
    _, first = np.unique(held.case, return_index=True)
    court = held.court[first][heard.case] if size else heard.case
    crown = texts([f"C{n:02d}CC" for n in crown_court_of(court).tolist()])
    code = texts([f"{c}00" for c in np.where(heard.is_crown, crown, country.court[court])])
    days = 1 + np.where(heard.is_crown & happens(rng, 0.2, size), rng.integers(1, 5, size=size), 0)
    of = np.repeat(np.arange(size), days)
    sitting = heard.day[of] - (days[of] - 1 - rank_within(of))
    moment = texts([f"{d}T10:00:00.000Z" for d in np.datetime_as_string(sitting.astype("datetime64[D]")).tolist()])
    head = objects(
        {
            "id": quoted(_ids(plan, block, _HEARING, size)),
            "jurisdictionType": quoted(chosen(("MAGISTRATES", "CROWN"), heard.is_crown.astype(np.int64))),
            "type": objects({"description": quoted(chosen(HEARING_TYPES, heard.kind))}),
            "courtCentre": objects({"code": quoted(code)}),
            "hearingDays": lists(objects({"sittingDay": quoted(moment)}), days),
        }
    )
    return pc.utf8_slice_codeunits(head, 0, -1)

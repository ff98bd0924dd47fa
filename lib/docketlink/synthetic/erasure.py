"""People who asked to be erased: from the extract after the request on no system has a row of theirs."""

from collections.abc import Mapping, Sequence
from types import ModuleType

import pyarrow as pa
import pyarrow.compute as pc

from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Flags, Ints, Stage, stream
from docketlink.synthetic.parameters import Plan

Tables = dict[str, pa.Table]


def erased(plan: Plan, block: int, people: int, weeks: int) -> Flags:
    """Which people of a block no longer stand in the extract ``weeks`` before the last one, though earlier ones had them."""
    since: Ints = stream(plan.seed, block, Stage.ERASURE).geometric(plan.rates.erased, size=people)
    return (since < plan.extracts) & (weeks < since)


def without_erased(
    plan: Plan, block: int, world: World, systems: Sequence[ModuleType], tables: Mapping[str, pa.Table], weeks: int
) -> Tables:
    """The tables of an extract without the rows of those who were erased by then.

    Cases stay, as do those of co-defendants; Common Platform sends no further message about a hearing of theirs.
    """
    gone, left = erased(plan, block, len(world.people), weeks), dict(tables)
    if not gone.any():
        return left
    for system in systems:
        keys, person = system.nodes(plan, block, world)
        of_them = gone[person]
        if of_them.any():
            _REMOVALS[system.SOURCE](left, [pa.array(key[of_them], pa.string()) for key in keys])
    return left


def _remove(tables: Tables, table: str, flags: pa.Array) -> pa.Table:
    """Takes the flagged rows out of a table and gives them."""
    flags = pc.fill_null(flags, False)
    rows = tables[table].filter(flags)
    tables[table] = tables[table].filter(pc.invert(flags))
    return rows


def _with_value(tables: Tables, table: str, column: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    found = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return _remove(tables, table, pc.is_in(tables[table][column], value_set=found.drop_null()))


def _joined(content: pa.Table, *columns: str) -> pa.Array:
    parts = [pc.fill_null(content[column].combine_chunks(), "") for column in columns]
    return pc.binary_join_element_wise(*parts, "\x1f")


def _magistrates(tables: Tables, keys: list[pa.Array]) -> None:
    ids = keys[0].cast(pa.int64())
    ever = pa.concat_arrays([ids, pc.add(ids, 500_000)])  # before a row was numbered anew
    for table in ("hocas_flatfile", "hocas_offence"):
        name = f"mags_hocas.{table}"
        _remove(tables, name, pc.is_in(tables[name]["row_id"].cast(pa.int64()), value_set=ever))


def _crown(tables: Tables, keys: list[pa.Array]) -> None:
    on_case = _with_value(tables, "crown_xhibit.xhb_defendant_on_case", "defendant_on_case_id", keys[0])
    defendant = _with_value(tables, "crown_xhibit.xhb_defendant", "defendant_id", on_case["defendant_id"])
    _with_value(tables, "crown_xhibit.xhb_address", "address_id", defendant["address_id"])
    offence = _with_value(tables, "crown_xhibit.xhb_defendant_on_offence", "defendant_on_case_id", keys[0])
    _with_value(tables, "crown_xhibit.xhb_disposal", "defendant_on_offence_id", offence["defendant_on_offence_id"])


def _platform(tables: Tables, keys: list[pa.Array]) -> None:
    for key in keys[0].to_pylist():
        _remove(tables, "common_platform.hearing_event", pc.match_substring(tables["common_platform.hearing_event"]["message"], key))


def _prison(tables: Tables, keys: list[pa.Array]) -> None:
    names = _with_value(tables, "prison_nomis.offenders", "root_offender_id", keys[0])
    for table in ("offender_identifiers", "offender_addresses"):
        _with_value(tables, f"prison_nomis.{table}", "root_offender_id", keys[0])
    booked = _with_value(tables, "prison_nomis.offender_bookings", "offender_id", names["offender_id"])
    for table in ("offender_external_movements", "offender_imprison_statuses", "offender_sentences"):
        _with_value(tables, f"prison_nomis.{table}", "offender_book_id", booked["offender_book_id"])


def _probation(tables: Tables, keys: list[pa.Array]) -> None:
    events = tables["probation_delius.event"].filter(pc.is_in(tables["probation_delius.event"]["crn"], value_set=keys[0]))
    for table in ("offender", "alias", "offender_address", "additional_identifier", "event"):
        _with_value(tables, f"probation_delius.{table}", "crn", keys[0])
    disposals = _joined(events.filter(pc.is_valid(events["disposal_id"])), "partition_area_id", "disposal_id")
    for table in ("rqmnt", "licence_condition", "pss_rqmnt", "recall", "breach"):
        name = f"probation_delius.{table}"
        _remove(tables, name, pc.is_in(_joined(tables[name], "partition_area_id", "disposal_id"), value_set=disposals))


def _assessments(tables: Tables, keys: list[pa.Array]) -> None:
    metadata = "assess_oasys.oasys_assessments_metadata"
    node = pc.coalesce(tables[metadata]["crn"], tables[metadata]["prison_number"])
    gone = _remove(tables, metadata, pc.is_in(node, value_set=keys[0]))
    for part in ("core_risk", "bcs", "sara"):
        _with_value(tables, f"assess_oasys.oasys_assessments_details_{part}", "assessment_id", gone["assessment_id"])


def _family(tables: Tables, keys: list[pa.Array]) -> None:
    roles = _with_value(tables, "family_familyman.roles", "role", keys[0])
    _with_value(tables, "family_familyman.role_fields", "role", keys[0])
    parties = _with_value(tables, "family_familyman.parties", "party", roles["party"])
    for rows in (roles, parties):
        _with_value(tables, "family_familyman.addresses", "address", rows["address"])


def _civil(tables: Tables, keys: list[pa.Array]) -> None:
    party = pc.binary_join_element_wise(*keys[:3], "\x1f")
    roles, addresses, online = (f"civil_caseman.{table}" for table in ("case_party_roles", "given_addresses", "pcol_party"))
    place = ("case_number", "party_role_code", "case_party_no")
    gone = _remove(tables, roles, pc.is_in(_joined(tables[roles], *place), value_set=party))
    _with_value(tables, "civil_caseman.parties", "party_id", gone["party_id"])
    _remove(tables, addresses, pc.is_in(_joined(tables[addresses], *place), value_set=party))
    written = _joined(tables[online], "claim_no", "role", "party_no")
    named = pc.replace_substring(party, "\x1fPCOL ", "\x1f").filter(pc.match_substring(party, "\x1fPCOL "))
    _remove(tables, online, pc.is_in(written, value_set=named))


_REMOVALS = {
    "mags_hocas": _magistrates,
    "crown_xhibit": _crown,
    "common_platform": _platform,
    "prison_nomis": _prison,
    "probation_delius": _probation,
    "assess_oasys": _assessments,
    "family_familyman": _family,
    "civil_caseman": _civil,
}

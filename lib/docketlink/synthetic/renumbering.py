"""Numbers of prison and probation that were merged or split meanwhile: what earlier extracts called what the last one calls by one name.

Of a prison number with several names, the main one had a number of its own before the merge; of a probation number with several
events, the later ones. A number that was split was a stranger's before, whose names, events and numbers it shared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.synthetic.draws import Ints, Stage, Texts, stream, texts
from docketlink.synthetic.identifiers import prison_number, probation_number
from docketlink.synthetic.parameters import Plan

Tables = dict[str, pa.Table]
_OFFENDERS, _OFFENDER, _EVENT = "prison_nomis.offenders", "probation_delius.offender", "probation_delius.event"
_WEEKS_A_YEAR = 52


@dataclass(frozen=True)
class Former:
    """Numbers that only earlier extracts know, and the last one's number that they went into. Native keys of the systems."""

    source: str
    former: str
    now: str


def numbers_then(plan: Plan, block: int, last: Mapping[str, pa.Table], then: Mapping[str, pa.Table], weeks: int) -> Tables:
    """The tables ``then`` of an extract with the numbers of that time. ``last`` are the tables that the systems made."""
    found = dict(then)
    if weeks and _OFFENDERS in last:
        _prison_then(plan, block, last[_OFFENDERS], found, weeks)
        _probation_then(plan, block, last, found, weeks)
    return found


def former_numbers(plan: Plan, block: int, last: Mapping[str, pa.Table]) -> list[Former]:
    """Keys of nodes that were merged into another one while the extracts of the plan were made."""
    roots, crns = _merged_roots(plan, block, last[_OFFENDERS]), _merged_crns(plan, block, last)
    return [
        *(Former("prison_nomis", main, root) for root, (main, _, since) in roots.items() if since < plan.extracts),
        *(Former("probation_delius", was, crn) for crn, (was, _, since) in crns.items() if since < plan.extracts),
    ]


def _weeks_since(plan: Plan, block: int, part: int, a_year: float, of: int, among: int) -> Ints:
    """For each of ``among`` candidates the weeks before the last extract at which it happened: as often as ``of`` numbers ask for."""
    rate = min(0.99, a_year / _WEEKS_A_YEAR * of / max(among, 1))
    rng = stream(plan.seed, block, Stage.MERGERS, part)
    return rng.geometric(rate, size=among) if rate else np.full(among, 2**31)


def _column(content: pa.Table, name: str) -> Texts:
    return texts(content[name].to_pylist())


def _merged_roots(plan: Plan, block: int, offenders: pa.Table) -> dict[str, tuple[str, str, int]]:
    """Prison numbers' roots with several names: id of the main name, its former prison number, weeks since the merge."""
    root, row, alias_of = (_column(offenders, name) for name in ("root_offender_id", "offender_id", "alias_offender_id"))
    number = dict.fromkeys(root)
    several = {r: main for r, main, other in zip(root, row, alias_of, strict=True) if other is None and main != r}
    since = _weeks_since(plan, block, 0, plan.rates.numbers_merged, len(number), len(several))
    spare = prison_number((block + 1) * plan.people_per_block - np.arange(len(several)))  # roots count from the other end
    return {r: (main, s, int(w)) for (r, main), s, w in zip(several.items(), spare, since, strict=True)}


def _prison_then(plan: Plan, block: int, last: pa.Table, tables: Tables, weeks: int) -> None:
    merged = {r: (main, spare) for r, (main, spare, since) in _merged_roots(plan, block, last).items() if weeks >= since}
    joined = _split_roots(plan, block, last, weeks)
    content = tables[_OFFENDERS]
    rows = content.select(["offender_id", "root_offender_id", "alias_offender_id", "offender_id_display"]).to_pylist()
    latest_alias = {row["root_offender_id"]: row["offender_id"] for row in rows if row["alias_offender_id"]}
    for row in rows:
        root = row["root_offender_id"]
        if root in merged:
            main, spare = merged[root]
            if row["offender_id"] == main:
                row |= {"root_offender_id": main, "offender_id_display": spare}
            else:
                row["alias_offender_id"] = latest_alias[root] if row["offender_id"] != latest_alias[root] else None
        elif root in joined:
            row |= joined[root]
    for name in ("root_offender_id", "alias_offender_id", "offender_id_display"):
        content = _replaced(content, name, [row[name] for row in rows])
    tables[_OFFENDERS] = content
    for table in ("prison_nomis.offender_identifiers", "prison_nomis.offender_addresses"):
        known = tables[table]["root_offender_id"].to_pylist()
        tables[table] = _replaced(tables[table], "root_offender_id", [joined.get(r, {}).get("root_offender_id", r) for r in known])


def _split_roots(plan: Plan, block: int, offenders: pa.Table, weeks: int) -> dict[str, dict[str, str]]:
    """Roots that were split off since: what their rows said before, a neighbour's root, main name and prison number."""
    row, root, display, alias_of = (
        _column(offenders, name) for name in ("offender_id", "root_offender_id", "offender_id_display", "alias_offender_id")
    )
    main = {r: (o, d) for r, o, d, other in zip(root, row, display, alias_of, strict=True) if other is None}
    roots = [*main]
    since = _weeks_since(plan, block, 1, plan.rates.numbers_split, len(roots), len(roots))
    merged = {r for r, (_, _, w) in _merged_roots(plan, block, offenders).items() if w < plan.extracts}
    found: dict[str, dict[str, str]] = {}
    for place in np.flatnonzero(weeks >= since).tolist():
        other = roots[place - 1]
        if place and since[place - 1] >= plan.extracts and not {roots[place], other} & merged:
            row_id, number = main[other]
            found[roots[place]] = {"root_offender_id": other, "alias_offender_id": row_id, "offender_id_display": number}
    return found


def _merged_crns(plan: Plan, block: int, last: Mapping[str, pa.Table]) -> dict[str, tuple[str, set[str], int]]:
    """Probation numbers with several events: the former number, the events that stood under it, weeks since the merge."""
    events = last[_EVENT]
    of: dict[str, list[str]] = {}
    for crn, event in zip(_column(events, "crn"), _column(events, "row_id"), strict=True):
        of.setdefault(crn, []).append(event)
    several = [crn for crn, own in of.items() if len(own) > 1]
    since = _weeks_since(plan, block, 2, plan.rates.numbers_merged, last[_OFFENDER].num_rows, len(several))
    per_block = plan.people_per_block // 3
    spare = probation_number((block + 1) * per_block - 1 - np.arange(len(several)))  # numbers count from the other end
    return {crn: (s, {*of[crn][len(of[crn]) // 2 :]}, int(w)) for crn, s, w in zip(several, spare, since, strict=True)}


def _probation_then(plan: Plan, block: int, last: Mapping[str, pa.Table], tables: Tables, weeks: int) -> None:
    merged = {crn: (was, own) for crn, (was, own, since) in _merged_crns(plan, block, last).items() if weeks >= since}
    joined = _split_crns(plan, block, last, weeks)
    before = {event: was for was, own in merged.values() for event in own}
    ids, crns = (tables[_EVENT][name].to_pylist() for name in ("row_id", "crn"))
    tables[_EVENT] = _replaced(
        tables[_EVENT], "crn", [before.get(event, joined.get(crn, crn)) for event, crn in zip(ids, crns, strict=True)]
    )
    for table in ("alias", "offender_address", "additional_identifier"):
        name = f"probation_delius.{table}"
        tables[name] = _replaced(tables[name], "crn", [joined.get(crn, crn) for crn in tables[name]["crn"].to_pylist()])
    offender = tables[_OFFENDER]
    offender = offender.filter(pc.invert(pc.is_in(offender["crn"], value_set=pa.array([*joined], pa.string()))))
    twice = offender.filter(pc.is_in(offender["crn"], value_set=pa.array([*merged], pa.string())))
    was = [merged[crn][0] for crn in twice["crn"].to_pylist()]
    # Ids count within an area; those of the last extract end far below.
    own_ids = [str(int(number) + 500_000_000) for number in twice["offender_id"].to_pylist()]
    tables[_OFFENDER] = pa.concat_tables([offender, _replaced(_replaced(twice, "crn", was), "offender_id", own_ids)])


def _split_crns(plan: Plan, block: int, last: Mapping[str, pa.Table], weeks: int) -> dict[str, str]:
    """Probation numbers that were split off since: the number of a neighbour in the same area that held their rows before."""
    crns, areas = (_column(last[_OFFENDER], name) for name in ("crn", "partition_area_id"))
    merged = {crn for crn, (_, _, since) in _merged_crns(plan, block, last).items() if since < plan.extracts}
    since = _weeks_since(plan, block, 3, plan.rates.numbers_split, len(crns), len(crns))
    found = {}
    for place in np.flatnonzero(weeks >= since).tolist():
        crn, other = crns[place], crns[place - 1]
        if place and areas[place] == areas[place - 1] and since[place - 1] >= plan.extracts and not {crn, other} & merged:
            found[crn] = other
    return found


def _replaced(content: pa.Table, column: str, values: Sequence[str | None]) -> pa.Table:
    return content.set_column(content.schema.get_field_index(column), column, pa.array(values, pa.string()))

"""How extracts of a system change from week to week: some blocks are asked for as they were, and compared."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from courts_targets import WEEKS
from docketlink.synthetic.changes import CHANGES
from docketlink.synthetic.extracts import as_of
from docketlink.synthetic.kernels import generate_block
from docketlink.synthetic.parameters import Plan, plan

_DUE_WEEKS, _LATE_WEEKS, _WATCHED, _WITHDRAWN_WEEKS, _MOST_BLOCKS = 60, 104, 8, 104, 12
_MAGS = "mags_hocas.hocas_flatfile"
# Tables whose rows hang on none that comes later.
_ENTERED = ("assess_oasys.oasys_assessments_metadata", *(f"probation_delius.{name}" for name in ("event", "rqmnt", "licence_condition")))
_ADDRESS = CHANGES[_MAGS].address
_VALUES = (*_ADDRESS, *CHANGES[_MAGS].code, *CHANGES[_MAGS].name, *CHANGES[_MAGS].birth)


def weekly_changes(seed: int, records: int, snapshot_date: str) -> dict[tuple[str, str], tuple[float | None, int]]:
    """Rates of change of at most twelve blocks of the system, each with the number of cases."""
    system = plan(seed, records, snapshot_date, extracts=_WITHDRAWN_WEEKS + 1)
    total = dict.fromkeys(("late", "very", "entered", "corrected", "address", "rows", "vanished", "renumbered", "gone", "live"), 0)
    for block in range(min(system.blocks, _MOST_BLOCKS)):
        tables = generate_block(system, block)
        for counted in (_late(system, block, tables), _changed(system, block, tables), _withdrawn(system, block, tables)):
            for name, number in counted.items():
                total[name] += number
    shares = {
        "arrive late by up to four weeks": ("late", "entered"),
        "arrive later than 26 weeks": ("very", "entered"),
        "corrected in a week": ("corrected", "rows"),
        "of these the address": ("address", "corrected"),
        "vanish in a week": ("vanished", "rows"),
        "mags rows renumbered in a week": ("renumbered", "rows"),
        "withdrawn rows that were live before": ("live", "gone"),
    }
    return {(WEEKS, name): (total[a] / total[b] if total[b] else None, total[b]) for name, (a, b) in shares.items()}


def _then(system: Plan, block: int, tables: dict[str, pa.Table], source: str, weeks: int) -> dict[str, pa.Table]:
    return as_of(system, block, {key: content for key, content in tables.items() if key.startswith(f"{source}.")}, CHANGES, weeks)


def _keys(content: pa.Table) -> list[tuple[str, ...]]:
    """The key of each row: the first column, and the area where ids count within one."""
    names = [content.column_names[0], *({"partition_area_id"} & {*content.column_names})]
    return list(zip(*(content[name].to_pylist() for name in names), strict=True))


def _late(system: Plan, block: int, tables: dict[str, pa.Table]) -> dict[str, int]:
    """Rows of a year that an extract has ever had, by the weeks between their day and the first extract that has them."""
    total = dict.fromkeys(("entered", "late", "very"), 0)
    extracts = [
        _then(system, block, tables, "assess_oasys", weeks) | _then(system, block, tables, "probation_delius", weeks)
        for weeks in range(_LATE_WEEKS)
    ]
    for table in _ENTERED:
        keys = _keys(tables[table])
        text = pc.utf8_slice_codeunits(pc.fill_null(tables[table][CHANGES[table].entered], "1900-01-01"), 0, 10)
        day = text.to_numpy(zero_copy_only=False).astype("datetime64[D]").astype(np.int64)
        seen = np.full(len(keys), -1)
        for weeks, extract in enumerate(extracts):
            there = {*_keys(extract[table])}
            seen[[key in there for key in keys]] = weeks
        due = (system.day_before(0) - day) // 7  # weeks before the last extract of the first that could have it
        watched = (due >= _DUE_WEEKS) & (due < _LATE_WEEKS - 1) & (seen >= 0)
        behind = due[watched] - seen[watched]
        total["entered"] += int(watched.sum())
        total["late"] += int(((behind >= 1) & (behind <= 4)).sum())
        total["very"] += int((behind > 26).sum())
    return total


def _changed(system: Plan, block: int, tables: dict[str, pa.Table]) -> dict[str, int]:
    """Magistrates' rows from one week to the next: other values, another number, or none."""
    total = dict.fromkeys(("corrected", "address", "rows", "vanished", "renumbered"), 0)
    extracts = [_then(system, block, tables, "mags_hocas", weeks)[_MAGS].to_pylist() for weeks in range(_WATCHED)]
    held = [{int(row["row_id"]): row for row in rows} for rows in extracts]
    for now, before in pairwise(held):
        for number, row in before.items():
            total["rows"] += 1
            later = now.get(number) or now.get(number - 500_000)
            total["renumbered"] += number not in now and later is not None
            total["vanished"] += later is None
            if later and any(later[name] != row[name] for name in _VALUES):
                total["corrected"] += 1
                total["address"] += any(later[name] != row[name] for name in _ADDRESS)
    return total


def _withdrawn(system: Plan, block: int, tables: dict[str, pa.Table]) -> dict[str, int]:
    """Rows withdrawn by the last extract, and those of them that were live two years before."""
    total = {"gone": 0, "live": 0}
    for source in ("probation_delius", "family_familyman", "crown_xhibit"):
        now, before = (_then(system, block, tables, source, weeks) for weeks in (0, _WITHDRAWN_WEEKS))
        for key, content in now.items():
            if change := CHANGES[key].withdrawn:
                column, gone, live = change
                was = dict(zip(_keys(before[key]), before[key][column].to_pylist(), strict=True))
                withdrawn = [place for place, flag in zip(_keys(content), content[column].to_pylist(), strict=True) if flag == gone]
                total["gone"] += sum(place in was for place in withdrawn)
                total["live"] += sum(was[place] == live for place in withdrawn if place in was)
    return total

"""Nodes: the readings of one node gathered into its record and attributes; runs on executors."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

import pyarrow as pa

from docketlink.cleaning.dates import year_band
from docketlink.cleaning.names import first_and_last, last_name, name_part
from docketlink.cleaning.postcodes import outcode
from docketlink.cleaning.text import distinct, distinct_texts
from docketlink.transforms.kernel_readings import ADDRESS, Reading, from_batch, node_readings
from docketlink.transforms.kernel_spec import NodeSpec, RowSpec, Tokens
from docketlink.transforms.kernel_values import without_collector

_LIST = pa.list_(pa.string())
_ROWS = 10_000


class NodePlan(NamedTuple):
    """What gathering needs beside the readings: names of ``other`` values, and postcodes that too many people share."""

    source: str
    other: tuple[str, ...]
    hot_postcodes: frozenset[str]


# Columns of identity.person_record that a link can rest on, in their order; record_version is a hash of these, so an incremental run
# rescores exactly what changed.
COMPARED = (
    "native_person_key", "role_code", "name_1_std", "name_2_std", "name_3_std", "last_name_std", "first_and_last_name_std",
    "forename_std_arr", "last_name_std_arr", "name_token_arr", "full_name_arr", "dob_std", "dob_arr", "sex_std", "postcode_arr",
    "postcode_outcode_arr", "postcode_uncommon", "address_line_std", "address_arr", "pnc_arr", "pnc_single", "cro_arr", "cro_single",
    "known_id_arr", "sentence_date_arr", "other_map", "link_status", "linkability",
)  # fmt: skip
_UNCOMPARED = ("native_case_key", "dob_reason", "reason_arr", "flag_arr", "usable_arr", "record_version")
_ATTRIBUTES = ("ethnicity", "ethnicity_raw", "ethnicity_officer_raw", "birth_year_band", "area_code")
_TYPES: dict[str, Any] = {
    **{name: _LIST for name in (*COMPARED, *_UNCOMPARED) if name.endswith("_arr")},
    "address_arr": pa.list_(ADDRESS),
    "other_map": pa.map_(pa.string(), pa.string()),
}
NODE = pa.schema([(name, _TYPES.get(name, pa.string())) for name in ("record_id", *COMPARED, *_UNCOMPARED, *_ATTRIBUTES)])

_LISTS = ("first_arr", "last_arr", "full_arr", "postcodes", "pncs", "cros", "known_ids", "sentence_dates", "reasons", "flags")
_LISTS_OF: Callable[[Reading], tuple[list[str] | None, ...]] = attrgetter(*_LISTS)
_AS_JSON = json.JSONEncoder(separators=(",", ":")).encode


def flat_nodes(
    batches: Iterator[pa.RecordBatch], spec: NodeSpec, rows: RowSpec, plan: NodePlan, tokens: Tokens
) -> Iterator[pa.RecordBatch]:
    """The nodes of a table of which each row is one."""
    read = node_readings(spec, rows, tokens)
    with without_collector():
        for batch in batches:
            yield _batch([_node(reading, (reading,), plan) for reading in read(batch)])


def gathered_nodes(batches: Iterator[pa.RecordBatch], plan: NodePlan) -> Iterator[pa.RecordBatch]:
    """The nodes of readings that stand side by side: batches are sorted by ``record_id`` and hold whole nodes between them."""
    waiting: list[Reading] = []
    done: list[tuple[Any, ...]] = []
    with without_collector():
        for reading in chain.from_iterable(map(from_batch, batches)):
            if waiting and waiting[0].record_id != reading.record_id:
                done += _of_group(waiting, plan)
                waiting = []
                if len(done) >= _ROWS:
                    yield _batch(done)
                    done = []
            waiting.append(reading)
        done += _of_group(waiting, plan)
        yield _batch(done)


def _of_group(readings: Sequence[Reading], plan: NodePlan) -> list[tuple[Any, ...]]:
    """The node of a group, none for readings without a row of the node table.

    A node is deleted when all its rows are; a deleted row of a living node says nothing.
    """
    rows = [reading for reading in readings if reading.is_node]
    standing = [row for row in rows if not row.deleted] or rows
    if not standing:
        return []
    last = max(row.order for row in standing)
    main = min((row for row in standing if row.order == last), key=lambda row: row.tie)
    return [_node(main, [*standing, *(reading for reading in readings if not reading.is_node)], plan)]


def _node(main: Reading, readings: Sequence[Reading], plan: NodePlan) -> tuple[Any, ...]:
    lists: list[Any]
    if len(readings) == 1:
        births = [main.birth] if main.birth else None
        lists = [distinct_texts(found) for found in _LISTS_OF(main)]
        lived = main.addresses
    else:
        births = distinct(r.birth for r in readings)
        lists = [distinct(chain.from_iterable(filter(None, of_rows))) for of_rows in zip(*map(_LISTS_OF, readings), strict=True)]
        places = {tuple(place.items()): place for r in readings for place in r.addresses or ()}
        lived = sorted(places.values(), key=_by_text) or None
    first, last, full, postcodes, pncs, cros, known, sentenced, reasons, flags = lists
    dob, why = (main.birth, main.birth_reason) if main.birth or not births else (births[0], None)
    if not main.birth and births and births[0].endswith("-01-01"):
        why = "DOB_JAN1"
    address = main.address or min((r.address for r in readings if r.address), default=None)
    tokens = main.tokens
    name = first_and_last(tokens)
    usable = [
        kind
        for kind, there in (("name", name), ("date_of_birth", dob), ("place", postcodes or address), ("register", pncs or cros))
        if there
    ]
    linkability = "sufficient" if len(usable) > 1 else "insufficient"
    other = [(key, value) for key, value in zip(plan.other, main.other or (), strict=True) if value is not None] or None
    uncommon = next((code for code in postcodes or () if code not in plan.hot_postcodes), None)
    compared = (
        main.person_key, main.role, name_part(tokens, 1), name_part(tokens, 2), name_part(tokens, 3), last_name(tokens), name,
        first, last, distinct_texts(tokens), full, dob, births, main.sex, postcodes,
        distinct(map(outcode, postcodes or ())), uncommon, address, lived,
        pncs, pncs[0] if pncs else None, cros, cros[0] if cros else None, known, sentenced, other, main.status, linkability,
    )  # fmt: skip
    version = hashlib.sha256(_AS_JSON((plan.source, *compared)).encode()).hexdigest()
    return (
        main.record_id, *compared, main.case_key, why, reasons, flags, usable or None, version,
        main.ethnicity, main.ethnicity_raw, main.ethnicity_officer, year_band(dob), main.area,
    )  # fmt: skip


def _by_text(place: dict[str, str | None]) -> tuple[str, ...]:
    return tuple(place[key] or "" for key in ("from_date", "to_date", "postcode", "line"))


def _batch(nodes: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    values = [*zip(*nodes, strict=True)] if nodes else [()] * len(NODE)
    return pa.RecordBatch.from_arrays([pa.array(v, f.type) for v, f in zip(values, NODE, strict=True)], schema=NODE)

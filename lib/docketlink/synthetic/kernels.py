"""What executors run: one block to its tables, some blocks to their landing files, and who is who in them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pyarrow as pa

from docketlink.cleaning.text import SEPARATOR
from docketlink.synthetic import (
    assessments,
    civil_caseman,
    common_platform,
    crown,
    family_familyman,
    magistrates,
    prison,
    probation,
)
from docketlink.synthetic.changes import CHANGES
from docketlink.synthetic.contacts import World, live
from docketlink.synthetic.deliveries import TWICE, Fault
from docketlink.synthetic.deliveries import faults as delivery_faults
from docketlink.synthetic.draws import Stage, stream, texts
from docketlink.synthetic.erasure import without_erased
from docketlink.synthetic.extracts import as_of, numbers_before
from docketlink.synthetic.landing import FORMATS, Output, Written
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation, nation
from docketlink.synthetic.population import populate
from docketlink.synthetic.registers import register
from docketlink.synthetic.renumbering import former_numbers, numbers_then
from docketlink.synthetic.stress import burdened
from docketlink.synthetic.true_lives import links_of_block, people_of_block, person_ids

# Each system is a module with SOURCE, NODE_TABLE, tables(…) and nodes(…); another one joins here and in landing.FORMATS.
SYSTEMS: tuple[ModuleType, ...] = (magistrates, crown, common_platform, prison, probation, assessments, family_familyman, civil_caseman)

FILE_SCHEMA = pa.schema(
    [("source", pa.string()), ("table", pa.string()), ("file", pa.string()), ("rows", pa.int64()), ("person_records", pa.int64()),
     ("bytes", pa.int64()), ("fault", pa.string())]
)  # fmt: skip
TRUTH_SCHEMA = pa.schema([("source", pa.string()), ("record_key", pa.string()), ("true_person_id", pa.string())])


@dataclass(frozen=True)
class _Block:
    number: int
    country: Nation
    world: World


def _block(plan: Plan, block: int) -> _Block:
    country = nation(plan.seed)
    people = populate(plan.seed, block, plan.people_of(block), country, plan.rates)
    world = live(plan, block, people, country)
    return _Block(block, country, burdened(plan, block, world, country) if plan.is_stress(block) else world)


def _systems(plan: Plan, block: int) -> tuple[ModuleType, ...]:
    """The systems that know the people of a block."""
    return (magistrates,) if plan.is_stress(block) else SYSTEMS


def generate_block(plan: Plan, block: int) -> dict[str, pa.Table]:
    """The tables of one block, named ``source.table``, as they are before a file spoils some records, and ``truth``."""
    made = _block(plan, block)
    return _tables(plan, made) | {"truth": _truth(plan, made)}


def _tables(plan: Plan, made: _Block) -> dict[str, pa.Table]:
    registers = register(plan, made.number, made.world)
    return {
        f"{system.SOURCE}.{name}": content
        for system in _systems(plan, made.number)
        for name, content in system.tables(plan, made.number, made.world, made.country, registers).items()
    }


def truth_of_block(plan: Plan, block: int) -> pa.Table:
    """One row per linking node of a block that is a person: source, record key and true person (TRUTH_SCHEMA)."""
    return _truth(plan, _block(plan, block))


def extract_of_block(plan: Plan, block: int, weeks: int) -> dict[str, pa.Table]:
    """The tables of one block in the extract ``weeks`` before the last one."""
    made = _block(plan, block)
    return _as_of(plan, made, _tables(plan, made), weeks)


def _as_of(plan: Plan, made: _Block, tables: Mapping[str, pa.Table], weeks: int) -> dict[str, pa.Table]:
    then: dict[str, pa.Table] = {}
    for system in _systems(plan, made.number):
        own = {key: content for key, content in tables.items() if key.startswith(f"{system.SOURCE}.")}
        then |= as_of(plan, made.number, own, CHANGES, weeks)
    then = numbers_then(plan, made.number, tables, then, weeks)
    return without_erased(plan, made.number, made.world, _systems(plan, made.number), then, weeks)


def _truth(plan: Plan, made: _Block) -> pa.Table:
    parts = []
    formers = [] if plan.extracts == 1 or plan.is_stress(made.number) else former_numbers(plan, made.number, _tables(plan, made))
    for system in _systems(plan, made.number):
        keys, person = system.nodes(plan, made.number, made.world)
        change = CHANGES[f"{system.SOURCE}.{system.NODE_TABLE}"]
        if change.renumbered and plan.extracts > 1:  # the node has had another key, too
            before = numbers_before(plan, pa.array(keys[0], pa.string()), change).to_numpy(zero_copy_only=False)
            had = np.flatnonzero([number is not None for number in before])
            keys, person = [np.concatenate([keys[0], before[had]])], np.concatenate([person, person[had]])
        if former := [each for each in formers if each.source == system.SOURCE]:
            place = np.array([{key: n for n, key in enumerate(keys[0].tolist())}[each.now] for each in former])
            keys, person = [np.concatenate([keys[0], texts([each.former for each in former])])], np.concatenate([person, person[place]])
        parts.append(
            pa.table(
                [
                    [system.SOURCE] * len(person),
                    [SEPARATOR.join((system.SOURCE, *key)) for key in zip(*keys, strict=True)],
                    person_ids(made.number, person),
                ],
                schema=TRUTH_SCHEMA,
            )
        )
    return pa.concat_tables(parts)


def write_files(batches: Iterable[pa.RecordBatch], *, plan: Plan, landing: str) -> Iterator[pa.RecordBatch]:
    """For each file number (column ``id``): writes that file of every table and gives a row about each (FILE_SCHEMA)."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            yield from _write_file(plan, landing, number)


def _write_file(plan: Plan, landing: str, number: int) -> Iterator[pa.RecordBatch]:
    outputs: dict[tuple[str, int], tuple[Output, str]] = {}
    nodes: Counter[tuple[str, int]] = Counter()
    planted = {place: fault for place, fault in _faults(plan).items() if fault.in_file(number)}
    try:
        for block in plan.blocks_of(number):
            made = _block(plan, block)
            tables = _tables(plan, made)
            for weeks in range(plan.extracts):
                for place, (key, content) in enumerate(_as_of(plan, made, tables, weeks).items()):
                    if fault := planted.get((key, weeks)):
                        content = fault.applied(content, (content.column_names[0], _format(key).digits))
                    if (key, weeks) not in outputs:
                        outputs[key, weeks] = _open(plan, landing, number, key, weeks, content.schema)
                    faults = stream(plan.seed, block, Stage.FAULTS, place + len(tables) * weeks)
                    outputs[key, weeks][0].append(content, faults, plan.rates.faulty_record)
            for system in _systems(plan, block):  # of the last extract alone, so that a person's node counts once
                nodes[f"{system.SOURCE}.{system.NODE_TABLE}", 0] += len(system.nodes(plan, block, made.world)[1])
    except BaseException:
        for output, _ in outputs.values():
            output.abandon()
        raise
    facts = []
    for (key, weeks), (output, path) in outputs.items():
        fault = planted.get((key, weeks))
        size = output.finish(fault.bytes_kept if fault else None)
        facts.append((*key.split("."), path, output.rows, nodes[key, weeks], size, fault.kind if fault else None))
        if fault and fault.kind == TWICE:
            facts.append((*key.split("."), path.replace("/part-", "/part-again-"), output.rows, 0, output.again("part-again-"), fault.kind))
    yield pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(zip(*facts, strict=True), FILE_SCHEMA, strict=True)], schema=FILE_SCHEMA
    )


def _faults(plan: Plan) -> dict[tuple[str, int], Fault]:
    nodes = [f"{system.SOURCE}.{system.NODE_TABLE}" for system in SYSTEMS]
    messages = [name for name in nodes if _format(name).kind == "jsonl"]
    return delivery_faults(plan, [name for name in nodes if name not in messages], messages)


def _format(key: str) -> Written:
    source, name = key.split(".")
    return FORMATS[source, name]


def _open(plan: Plan, landing: str, number: int, key: str, weeks: int, schema: pa.Schema) -> tuple[Output, str]:
    """The output of one table in one extract, and its path below the landing."""
    source, name = key.split(".")
    form = _format(key)
    below, file = f"{source}/{name}/mojap_snapshot_date={plan.date_before(weeks)}", f"part-{number:05d}{form.suffix}"
    return Output(f"{landing.rstrip('/')}/{below}", file, schema, form), f"{below}/{file}"


def write_truth(batches: Iterable[pa.RecordBatch], *, plan: Plan) -> Iterator[pa.RecordBatch]:
    """For each file number (column ``id``): who is who in that file (TRUTH_SCHEMA)."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            for block in plan.blocks_of(number):
                yield from truth_of_block(plan, block).combine_chunks().to_batches()


def write_people(batches: Iterable[pa.RecordBatch], *, plan: Plan) -> Iterator[pa.RecordBatch]:
    """For each file number (column ``id``): the people who have a record in it, and their lives (PEOPLE_SCHEMA)."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            for block in plan.blocks_of(number):
                yield from _people(plan, _block(plan, block)).combine_chunks().to_batches()


def _people(plan: Plan, made: _Block) -> pa.Table:
    recorded = np.unique(np.concatenate([system.nodes(plan, made.number, made.world)[1] for system in _systems(plan, made.number)]))
    return people_of_block(plan, made.number, made.world, register(plan, made.number, made.world), recorded)


def write_links(batches: Iterable[pa.RecordBatch], *, plan: Plan) -> Iterator[pa.RecordBatch]:
    """For each file number (column ``id``): which of its rows are one case in two systems (LINK_SCHEMA)."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            for block in plan.blocks_of(number):
                if plan.is_stress(block):  # nobody else knows its cases
                    continue
                yield from links_of_block(plan, block, _block(plan, block).world).combine_chunks().to_batches()

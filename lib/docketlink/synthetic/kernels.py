"""What executors run: one block to its tables, some blocks to their landing files, and who is who in them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType

import pyarrow as pa

from docketlink.synthetic import civil_caseman, family_familyman, magistrates, prison
from docketlink.synthetic.contacts import World, live
from docketlink.synthetic.draws import Stage, stream
from docketlink.synthetic.landing import FORMATS, Output
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation, nation
from docketlink.synthetic.population import populate
from docketlink.synthetic.registers import register

# Each system is a module with SOURCE, NODE_TABLE, tables(…) and nodes(…); another one joins here and in landing.FORMATS.
SYSTEMS: tuple[ModuleType, ...] = (magistrates, prison, family_familyman, civil_caseman)
_SEPARATOR = "\x1f"  # as columns.keys.record_key, which executors cannot import

FILE_SCHEMA = pa.schema(
    [("source", pa.string()), ("table", pa.string()), ("file", pa.string()), ("rows", pa.int64()), ("person_records", pa.int64()),
     ("bytes", pa.int64())]
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
    return _Block(block, country, live(plan, block, people, country))


def generate_block(plan: Plan, block: int) -> dict[str, pa.Table]:
    """The tables of one block, named ``source.table``, as they are before a file spoils some records, and ``truth``."""
    made = _block(plan, block)
    return _tables(plan, made) | {"truth": _truth(plan, made)}


def _tables(plan: Plan, made: _Block) -> dict[str, pa.Table]:
    registers = register(plan, made.number, made.world)
    return {
        f"{system.SOURCE}.{name}": content
        for system in SYSTEMS
        for name, content in system.tables(plan, made.number, made.world, made.country, registers).items()
    }


def truth_of_block(plan: Plan, block: int) -> pa.Table:
    """One row per linking node of a block that is a person: source, record key and true person (TRUTH_SCHEMA)."""
    return _truth(plan, _block(plan, block))


def _truth(plan: Plan, made: _Block) -> pa.Table:
    parts = []
    for system in SYSTEMS:
        keys, person = system.nodes(plan, made.number, made.world)
        parts.append(
            pa.table(
                [
                    [system.SOURCE] * len(person),
                    [_SEPARATOR.join((system.SOURCE, *key)) for key in zip(*keys, strict=True)],
                    [f"P{made.number:06d}-{each:04d}" for each in person.tolist()],
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
    outputs: dict[str, tuple[Output, str]] = {}
    nodes: Counter[str] = Counter()
    try:
        for block in plan.blocks_of(number):
            made = _block(plan, block)
            for place, (key, content) in enumerate(_tables(plan, made).items()):
                if key not in outputs:
                    outputs[key] = _open(plan, landing, number, key, content.schema)
                outputs[key][0].append(content, stream(plan.seed, block, Stage.FAULTS, place), plan.rates.faulty_record)
            for system in SYSTEMS:
                nodes[f"{system.SOURCE}.{system.NODE_TABLE}"] += len(system.nodes(plan, block, made.world)[1])
    except BaseException:
        for output, _ in outputs.values():
            output.abandon()
        raise
    facts = [(*key.split("."), path, output.rows, nodes[key], output.finish()) for key, (output, path) in outputs.items()]
    yield pa.RecordBatch.from_arrays([pa.array(column) for column in zip(*facts, strict=True)], schema=FILE_SCHEMA)


def _open(plan: Plan, landing: str, number: int, key: str, schema: pa.Schema) -> tuple[Output, str]:
    """The output of one table, and its path below the landing."""
    source, name = key.split(".")
    form = FORMATS[source, name]
    below, file = f"{source}/{name}/mojap_snapshot_date={plan.snapshot_date}", f"part-{number:05d}{form.suffix}"
    return Output(f"{landing.rstrip('/')}/{below}", file, schema, form), f"{below}/{file}"


def write_truth(batches: Iterable[pa.RecordBatch], *, plan: Plan) -> Iterator[pa.RecordBatch]:
    """For each file number (column ``id``): who is who in that file (TRUTH_SCHEMA)."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            for block in plan.blocks_of(number):
                yield from truth_of_block(plan, block).combine_chunks().to_batches()

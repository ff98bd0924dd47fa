"""What is true of the people in a block, whatever any system wrote: who they are, what happened to them, which rows are one case."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from docketlink.synthetic import common_platform, crown, magistrates
from docketlink.synthetic.contacts import CUSTODY, OFFENCES, OUTCOMES, STATUSES, Cases, World
from docketlink.synthetic.draws import Flags, Ints, Stage, Texts, rank_within, stream, texts
from docketlink.synthetic.geography import geography
from docketlink.synthetic.names import CULTURES, MALE
from docketlink.synthetic.noise import split_days
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import street_of
from docketlink.synthetic.population import NEVER, Population
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.writing import chosen, ethnicity

# What happens in a life, in the order in which things of one day are told.
KINDS = (
    "birth", "arrival", "surname_change", "move", "offence", "court_hearing", "court_result", "prison_admission", "prison_sentence",
    "prison_release", "death",
)  # fmt: skip
_EVENT = pa.struct([("kind", pa.string()), ("number", pa.int32()), ("event_date", pa.date32()), ("detail", pa.string())])
PEOPLE_SCHEMA = pa.schema(
    [("true_person_id", pa.string()), ("family_id", pa.string()), ("sex", pa.string()), ("birth_year", pa.int32()),
     ("name_origin", pa.string()), ("ethnicity", pa.string()), ("ethnicity_group", pa.string()), ("born_abroad", pa.bool_()),
     ("is_twin", pa.bool_()), ("region", pa.string()), ("local_authority", pa.string()), ("life_event_arr", pa.list_(_EVENT))]
)  # fmt: skip
LINK_SCHEMA = pa.schema([("kind", pa.string()), ("magistrates_key", pa.string()), ("source", pa.string()), ("record_key", pa.string())])


def person_ids(block: int, person: Ints) -> Texts:
    """The true person id of people of a block."""
    return texts([f"P{block:06d}-{each:04d}" for each in person.tolist()])


def people_of_block(plan: Plan, block: int, world: World, registers: Registers, recorded: Ints) -> pa.Table:
    """One row per person ``recorded`` (ascending positions), with the events of the life up to the snapshot: PEOPLE_SCHEMA.

    Somebody's region is that of the home at the snapshot, or of the last one. A code of ethnicity that registers hold is true; others
    are drawn for this table alone.
    """
    people, snapshot = world.people, plan.day_before(0)
    code = ethnicity(stream(plan.seed, block, Stage.TRUTH), people.culture)
    code[registers.person] = registers.ethnicity
    area = _area_at(people, recorded, np.minimum(snapshot, people.death[recorded] - 1))
    where = geography()
    return pa.table(
        [
            person_ids(block, recorded),
            [f"F{block:06d}-{each:04d}" for each in people.family[recorded].tolist()],
            chosen(("M", "F"), (people.sex[recorded] != MALE).astype(np.int64)),
            pa.array(split_days(people.birth[recorded])[0], pa.int32()),
            chosen(CULTURES, people.culture[recorded]),
            code[recorded],
            [each[0] for each in code[recorded]],
            pa.array(people.arrived[recorded] > people.birth[recorded]),
            pa.array(people.is_twin[recorded]),
            where.region[area],
            where.authority[area],
            _events(world, recorded, snapshot),
        ],
        schema=PEOPLE_SCHEMA,
    )


def _area_at(people: Population, person: Ints, day: Ints) -> Ints:
    return geography().small_area_of(people.reach.postcode[street_of(people.home_at(person, day))])


def _events(world: World, recorded: Ints, snapshot: int) -> pa.Array:
    """For each person a list of events in the order of KINDS and days, numbered within their kind."""
    parts = [*_of_life(world.people, snapshot), *_of_courts(world.cases), *_of_courts(world.moved), *_of_prison(world)]
    person, day = (np.concatenate([part[n] for part in parts]).astype(np.int64) for n in (1, 2))
    kind = np.concatenate([np.full(len(part[1]), KINDS.index(part[0])) for part in parts])
    detail = texts(np.concatenate([part[3] for part in parts]))
    kept = np.flatnonzero((day <= snapshot) & np.isin(person, recorded))
    order = kept[np.lexsort((day[kept], kind[kept], person[kept]))]
    number = rank_within(person[order] * len(KINDS) + kind[order]) + 1
    events = pa.StructArray.from_arrays(
        [
            pa.array(chosen(KINDS, kind[order]), pa.string()),
            pa.array(number, pa.int32()),
            pa.array(day[order].astype("datetime64[D]")),
            pa.array([each or None for each in detail[order]], pa.string()),
        ],
        fields=list(_EVENT),
    )
    return pa.ListArray.from_arrays(np.r_[np.searchsorted(person[order], recorded), len(order)].astype(np.int32), events)


_Part = tuple[str, Ints, Ints, Texts]  # kind, persons, days, details


def _of_life(people: Population, snapshot: int) -> Iterator[_Part]:
    everybody = np.arange(len(people))
    yield "birth", everybody, people.birth, _nothing(everybody)
    came = np.flatnonzero(people.arrived > people.birth)
    yield "arrival", came, people.arrived[came], _nothing(came)
    wed = np.flatnonzero((people.married < people.death) & (people.surname != people.married_surname))
    yield "surname_change", wed, people.married[wed], _nothing(wed)
    person, day = _moves(people, snapshot)
    yield "move", person, day, geography().authority[_area_at(people, person, day)]
    yield "death", everybody, people.death, _nothing(everybody)


def _moves(people: Population, snapshot: int) -> tuple[Ints, Ints]:
    """Persons and days on which they moved, from the day of arrival on and as long as they live; with the family until they left it."""
    own_moves, family_moves = people.own_move.shape[1], people.family_move.shape[1]
    everybody = np.arange(len(people))
    with_family = people.family_move[people.family]
    day = np.concatenate([people.own_move.ravel(), np.where(with_family < people.own_move[:, :1], with_family, NEVER).ravel()])
    person = np.concatenate([np.repeat(everybody, own_moves), np.repeat(everybody, family_moves)])
    there: Flags = (day <= snapshot) & (people.arrived[person] < day) & (day < people.death[person])
    person, day = person[there], day[there]
    elsewhere = people.home_at(person, day) != people.home_at(person, day - 1)
    return person[elsewhere], day[elsewhere]


def _of_courts(cases: Cases) -> Iterator[_Part]:
    yield "offence", cases.person, cases.offence_day, chosen(OFFENCES, cases.offence)
    yield "court_hearing", cases.person, cases.hearing_day, _nothing(cases.person)
    yield "court_result", cases.person, cases.result_day, chosen(OUTCOMES, cases.outcome)


def _of_prison(world: World) -> Iterator[_Part]:
    stays = world.stays
    yield "prison_admission", stays.person, stays.admission_day, chosen(STATUSES, stays.status)
    sentenced = np.flatnonzero(stays.sentence_day < NEVER)
    yield "prison_sentence", stays.person[sentenced], stays.sentence_day[sentenced], chosen((OUTCOMES[CUSTODY],), sentenced * 0)
    yield "prison_release", stays.person, stays.release_day, _nothing(stays.person)


def _nothing(person: Ints) -> Texts:
    return texts([""] * len(person))


def links_of_block(plan: Plan, block: int, world: World) -> pa.Table:
    """Which rows of other systems are the same case and defendant as a magistrates' row: native keys, LINK_SCHEMA.

    ``committed``: a defendant on case of the Crown Court who was sent there, or appealed; ``migrated``: a defendant of the system that
    went on with the case. Rows of companies and of masked people are left out.
    """
    parts = [
        ("committed", crown.SOURCE, *crown.journeys(plan, block, world).columns),
        ("migrated", common_platform.SOURCE, *common_platform.migrations(plan, block, world).columns),
    ]
    return pa.concat_tables(
        pa.table([[kind] * len(below), _keyed(magistrates.SOURCE, below), [source] * len(below), _keyed(source, there)], schema=LINK_SCHEMA)
        for kind, source, below, there in parts
    )


def _keyed(source: str, keys: pa.ChunkedArray) -> list[str]:
    return [f"{source}\x1f{key}" for key in keys.to_pylist()]

"""The family courts' FamilyMan store: cases, roles, parties and addresses as its export writes them. Events: family_events.py."""

import numpy as np
import pyarrow as pa

from docketlink.synthetic import family_events
from docketlink.synthetic.contacts import World
from docketlink.synthetic.draws import Flags, Ints, Stage, Texts, happens, pick, rank_within, stream, texts
from docketlink.synthetic.family_contacts import AUTHORITY, CHILD, COURTS, FamilyCases, meet
from docketlink.synthetic.family_drafts import ADOPTION, VIOLENCE
from docketlink.synthetic.family_people import DIRT, Roll, address_columns, people_columns, roll
from docketlink.synthetic.names import FEMALE
from docketlink.synthetic.noise import blank, split_days
from docketlink.synthetic.parameters import Plan
from docketlink.synthetic.places import Nation
from docketlink.synthetic.registers import Registers
from docketlink.synthetic.writing import chosen, iso, numbers, table

SOURCE = "family_familyman"
NODE_TABLE = "roles"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SERIALS = 100_000  # of a court's pair of letters, year and kind
_FAMILY_DIVISION = 5 * 26 + 3  # FD, whose C cases from 40000 on are none of the Children Act
_FIRST_ID = 10_000_000_000
_MODELS = (("APLC", "RSPC", "CHLDC"), ("APLC", "RSPC", "CHLDC"), ("APLA", "RSPA", ""), ("APLZ", "RSPZ", "CHLDZ"))
REPRESENTATIVE = "SOLR"


def _ids(plan: Plan, block: int, size: int, a_person: int = 8) -> Texts:
    """Numbers of a block, ``a_person`` of them reserved for each of its people."""
    return numbers(_FIRST_ID + block * plan.people_per_block * a_person + np.arange(size) + 1)


def nodes(plan: Plan, block: int, world: World) -> tuple[list[Texts], Ints]:
    """Native key column and person of each linking node: the live roles of people."""
    made = meet(plan, block, world)
    people = np.flatnonzero(made.person != AUTHORITY)
    return [_ids(plan, block, len(made.of))[people]], made.person[people]


def tables(plan: Plan, block: int, world: World, country: Nation, registers: Registers) -> dict[str, pa.Table]:
    """The landing tables of a block."""
    rng, made = stream(plan.seed, block, Stage.FAMILY, 1), meet(plan, block, world)
    rows = roll(plan, block, made)
    case = case_numbers(plan, block, made)
    role_id = _ids(plan, block, len(rows.party))
    is_person = (made.person != AUTHORITY)[rows.party] & (rows.represents < 0)
    written = people_columns(rng, plan, world, country, made, rows, is_person)
    party_id = role_id.copy()  # a person is another party in each case; a deleted role shares the party of its twin
    party_id[rows.deleted] = role_id[rows.party[rows.deleted]]
    address = address_columns(rng, plan, country, world, made, rows, is_person)
    own = happens(rng, DIRT.own_address, len(role_id))
    return {
        "cases": table({"case_number": case}),
        "case_fields": _case_fields(rng, made, case),
        **family_events.tables(plan, block, made, case, role_id, rows.party, rows.represents < 0),
        NODE_TABLE: _roles(made, rows, case, role_id, party_id, own),
        "role_fields": _role_fields(rng, world, made, rows, role_id),
        "parties": table(
            {name: values[~rows.deleted] for name, values in {"party": party_id, **written, "address": blank(role_id, own)}.items()}
        ),
        "addresses": table({"address": role_id, **address}),
    }


def case_numbers(plan: Plan, block: int, made: FamilyCases) -> Texts:
    """Numbers such as NE19Z02909, and their letters: court, year, kind, serial. Every block has serials of its own.

    A court has fifteen pairs of letters: enough for 34 million people.
    """
    rng = stream(plan.seed, block, Stage.FAMILY, 2)
    zed = (made.kind == ADOPTION) & happens(rng, 0.2, len(made.kind))
    letter = np.where(zed, "Z", np.array(list("CPFA"))[made.kind])
    year = split_days(made.day)[0] % 100
    group = made.kind * 1_000 + zed * 100 + year
    order = np.argsort(group, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = rank_within(group[order])
    # At most one case of a kind and year for 25 people: twice what a block has in its busiest year.
    serial = block * (plan.people_per_block // 25 + 8) + rank
    pair = made.court + COURTS * (serial // _SERIALS)
    pair += pair >= _FAMILY_DIVISION
    parts = zip((pair // 26).tolist(), (pair % 26).tolist(), year.tolist(), letter.tolist(), (serial % _SERIALS).tolist(), strict=True)
    return texts([f"{_LETTERS[a]}{_LETTERS[b]}{y:02d}{kind}{n:05d}" for a, b, y, kind, n in parts])


def _case_fields(rng: np.random.Generator, made: FamilyCases, case: Texts) -> pa.Table:
    high = np.flatnonzero(happens(rng, 0.01, len(case)))
    return table(
        {
            "case_number": np.r_[case, case[high]],
            "field_model": texts(["FM2C_DI"] * len(case) + ["FM2C_HC"] * len(high)),
            "value": np.r_[iso(made.day), texts(["T"] * len(high))],
        }
    )


def _roles(made: FamilyCases, rows: Roll, case: Texts, role_id: Texts, party_id: Texts, own: Flags) -> pa.Table:
    model = texts([_MODELS[k][r] for k, r in zip(made.kind[made.of].tolist(), made.role.tolist(), strict=True)])
    lawyer = rows.represents >= 0
    by = texts([""] * len(made.of))
    by[rows.represents[lawyer]] = role_id[lawyer]
    return table(
        {
            "role": role_id,
            "case_number": case[made.of[rows.party]],
            "party": party_id,
            "role_model": texts(np.where(lawyer, REPRESENTATIVE, model[rows.party])),
            "representative_role": blank(by[rows.party], lawyer),
            "address": blank(role_id, ~own),
            "delete_flag": chosen(("N", "Y"), rows.deleted.astype(np.int64)),
        }
    )


def _role_fields(rng: np.random.Generator, world: World, made: FamilyCases, rows: Roll, role_id: Texts) -> pa.Table:
    """The relationship of adults to the children, where the form asks for it."""
    person, role, kind = made.person[rows.party], made.role[rows.party], made.kind[made.of[rows.party]]
    asked = np.flatnonzero((role != CHILD) & (kind != VIOLENCE) & (rows.represents < 0))
    person, role = person[asked], role[asked]
    mother = world.people.sex[person] == FEMALE
    step = happens(rng, 0.04, len(asked))
    said = np.where(
        person == AUTHORITY,
        "Local Authority",
        np.where(mother, np.where(step, "Step-mother", "Mother"), np.where(step, "Step-father", "Father")),
    )
    dirt = chosen(("--", "Child", "Foster Carer"), pick(rng, np.array([0.5, 0.3, 0.2]), len(asked)))
    said = np.where(happens(rng, 0.08, len(asked)), dirt, said)
    return table({"role": role_id[asked], "field_model": chosen(("APLC_RC", "RSPC_RC"), role), "value": texts(said)})

"""The stress set: many people of one name and date of birth, many rows of one postcode, and no byte of the other rows changed."""

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pytest
from docketlink.config.settings import SIZES
from docketlink.synthetic.kernels import generate_block, truth_of_block, write_links, write_people
from docketlink.synthetic.parameters import NATIONAL_RECORDS, STRESS_ROWS_PER_BLOCK, Plan, plan

from tests.synthetic.test_files import hashes, write
from tests.synthetic.written import DATE

SYSTEM = plan(3, 2_000, DATE, stress=True)
NAMES, CROWD = SYSTEM.blocks, SYSTEM.blocks + 1  # the first block of each kind


@lru_cache(maxsize=8)
def rows(number: int, system: Plan = SYSTEM) -> list[dict[str, str]]:
    return [row for row in generate_block(system, number)["mags_hocas.hocas_flatfile"].to_pylist() if row["defendantType"] != "O"]


def person_of(number: int) -> dict[str, str]:
    return {row["record_key"].split("\x1f")[1]: row["true_person_id"] for row in truth_of_block(SYSTEM, number).to_pylist()}


def test_the_files_of_the_system_keep_their_bytes_and_the_set_has_its_own(tmp_path: Path) -> None:
    write(replace(SYSTEM, stress=False), tmp_path / "without")
    write(SYSTEM, tmp_path / "with")
    without, both = hashes(tmp_path / "without"), hashes(tmp_path / "with")
    assert without.items() <= both.items()
    assert {name.split("/mojap")[0] for name in both.keys() - without.keys()} == {"mags_hocas/hocas_flatfile", "mags_hocas/hocas_offence"}
    write(SYSTEM, tmp_path / "again", [*reversed(range(SYSTEM.files))])
    assert hashes(tmp_path / "again") == both


def test_namesakes_are_many_people_of_one_name_and_day() -> None:
    person = person_of(NAMES)
    found: dict[tuple[str, str, str], set[str]] = {}
    for row in rows(NAMES):
        if row["forename1"] and row["surname"] and row["defendantDob"]:
            key = (row["forename1"].upper(), row["surname"].upper(), row["defendantDob"])
            found.setdefault(key, set()).add(person[row["row_id"]])
    most = max(found, key=lambda key: len(found[key]))
    assert SYSTEM.namesakes == 100
    assert 0.7 * SYSTEM.namesakes < len(found[most]) <= SYSTEM.namesakes
    homes = {row["pcode"] for row in rows(NAMES) if (row["forename1"] or "").upper() == most[0] and row["defendantDob"] == most[2]}
    assert len(homes) > 30  # what tells them apart
    assert sum((row["surname"] or "").upper() == most[1] and row["defendantDob"] == most[2] for row in rows(NAMES)) > 150


def test_a_crowd_lives_at_one_postcode() -> None:
    codes = Counter((row["pcode"] or "").replace(" ", "").upper() for row in rows(CROWD))
    (place, number), (_, next_number) = codes.most_common(2)
    assert len(place) > 4
    assert number > 0.85 * len(rows(CROWD))
    assert next_number < 0.1 * len(rows(CROWD))
    assert len({*person_of(CROWD).values()}) > 200


def test_rows_are_in_proportion_to_the_size() -> None:
    codes = [[(row["pcode"] or "").replace(" ", "").upper() for row in rows(CROWD + n)] for n in range(30)]
    crowds = [Counter(each).most_common(1)[0][1] for each in codes]
    assert sum(crowds) / len(crowds) == pytest.approx(STRESS_ROWS_PER_BLOCK, rel=0.05)
    assert SIZES["national"] == NATIONAL_RECORDS
    national, million = (plan(1, SIZES[size], DATE, stress=True) for size in ("national", "1m"))
    assert (national.namesakes, million.namesakes) == (400, 100)
    assert (national.stress_blocks - 4) * STRESS_ROWS_PER_BLOCK == pytest.approx(5_000_000, rel=0.001)
    assert (million.stress_blocks - 1) * STRESS_ROWS_PER_BLOCK == pytest.approx(5_000_000 / 72.7, rel=0.01)
    assert not replace(million, stress=False).stress_blocks


def test_every_block_lies_in_exactly_one_file() -> None:
    for size in (2_000, 1_000_000, 72_700_000):
        system = plan(1, size, DATE, stress=True)
        blocks = [number for file in range(system.files) for number in system.blocks_of(file)]
        assert blocks == list(range(system.blocks + system.stress_blocks))
        whose = [{system.is_stress(number) for number in system.blocks_of(file)} for file in range(system.files)]
        assert all(len(kinds) == 1 for kinds in whose)


def test_the_truth_knows_the_people_of_the_set() -> None:
    batch = pa.record_batch([pa.array(range(SYSTEM.files))], ["id"])
    people = [row for batch in write_people([batch], plan=SYSTEM) for row in batch.to_pylist()]
    assert {*person_of(NAMES).values(), *person_of(CROWD).values()} <= {row["true_person_id"] for row in people}
    born = Counter(
        event["event_date"] for row in people for event in row["life_event_arr"] if event["kind"] == "birth" and row["sex"] == "M"
    )
    assert born.most_common(1)[0][1] >= SYSTEM.namesakes
    linked = {key for batch in write_links([batch], plan=SYSTEM) for key in batch["magistrates_key"].to_pylist()}
    assert not linked & {f"mags_hocas\x1f{row['row_id']}" for row in rows(NAMES) + rows(CROWD)}

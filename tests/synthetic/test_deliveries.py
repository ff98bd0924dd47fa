"""Deliveries that go wrong on purpose: one of each kind, the same for a seed, and nothing else differs."""

import gzip
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from docketlink.synthetic.deliveries import ADDED, KINDS, RENAMED, TRUNCATED, TWICE
from docketlink.synthetic.landing import FORMATS
from docketlink.synthetic.parameters import Plan

from tests.synthetic.test_files import hashes, write
from tests.synthetic.written import DATE, MANY_PRISONERS

RIGHT = Plan(seed=21, people=300, snapshot_date=DATE, people_per_block=150, least_blocks_per_file=1, rates=MANY_PRISONERS)
WRONG = replace(RIGHT, delivery_faults=True)


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[dict[str, object]]]:
    right, wrong = (tmp_path_factory.mktemp(name) for name in ("right", "wrong"))
    write(RIGHT, right)
    return right, wrong, write(WRONG, wrong)


def header(path: Path, source: str, table: str) -> list[str]:
    form = FORMATS[source, table]
    if form.kind == "parquet":
        return list(pq.read_schema(path).names)
    data = gzip.decompress(path.read_bytes()) if form.compressed else path.read_bytes()
    return data.split(b"\n", 1)[0].decode().split(form.delimiter)


def test_one_fault_of_each_kind_and_no_other_file_differs(landed: tuple[Path, Path, list[dict[str, object]]]) -> None:
    right, wrong, facts = landed
    faulty = {str(fact["file"]): fact["fault"] for fact in facts if fact["fault"]}
    assert {*faulty.values()} == {*KINDS}
    assert len({name.split("/")[0] for name in faulty}) == len(KINDS)
    assert {kind: sum(each == kind for each in faulty.values()) for kind in KINDS} == {RENAMED: 2, ADDED: 2, TRUNCATED: 1, TWICE: 2}
    before, after = hashes(right), hashes(wrong)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {name for name, kind in faulty.items() if kind != TWICE or "again" in name}
    assert before.keys() <= after.keys()


def test_each_fault_is_what_it_says(landed: tuple[Path, Path, list[dict[str, object]]]) -> None:
    right, wrong, facts = landed
    for fact in facts:
        source, table, file = str(fact["source"]), str(fact["table"]), str(fact["file"])
        if fact["fault"] == RENAMED:
            pairs = list(zip(header(right / file, source, table), header(wrong / file, source, table), strict=True))
            assert [b for a, b in pairs if a != b] == [f"{a}_new" for a, b in pairs if a != b]
            assert sum(a != b for a, b in pairs) == 1
        elif fact["fault"] == ADDED:
            assert header(wrong / file, source, table) == [*header(right / file, source, table), "extract_batch"]
        elif fact["fault"] == TRUNCATED:
            whole, part = (right / file).read_bytes(), (wrong / file).read_bytes()
            assert whole.startswith(part)
            assert len(part) == fact["bytes"] < len(whole)
        elif "again" in file:
            assert (wrong / file).read_bytes() == (wrong / file.replace("part-again-", "part-")).read_bytes()


def test_a_repeated_file_counts_no_person_twice(landed: tuple[Path, Path, list[dict[str, object]]], tmp_path: Path) -> None:
    facts = write(RIGHT, tmp_path)
    assert sum(int(str(fact["person_records"])) for fact in landed[2]) == sum(int(str(fact["person_records"])) for fact in facts)


def test_with_several_extracts_each_fault_has_a_snapshot_of_its_own(tmp_path: Path) -> None:
    facts = write(replace(WRONG, extracts=5), tmp_path)
    snapshots = {fact["fault"]: str(fact["file"]).split("/")[2] for fact in facts if fact["fault"]}
    assert len({*snapshots.values()}) == len(KINDS)
    again = write(replace(WRONG, extracts=5), tmp_path)
    assert again == facts


def test_the_order_of_files_changes_nothing(tmp_path: Path, landed: tuple[Path, Path, list[dict[str, object]]]) -> None:
    write(WRONG, tmp_path, [1, 0])
    assert hashes(tmp_path) == hashes(landed[1])

"""JSON lines: objects of nested lists become rows, lines that cannot be read are set aside alone, and nothing depends on blocks."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from docketlink.sources.kernel_spec import ColumnSpec, FileSpec, Limits
from docketlink.sources.kernels import Reading

PERSON = (
    ColumnSpec("line", "$line", type="digits"),
    ColumnSpec("hearing", "/hearing.id", required=True),
    ColumnSpec("day", "/hearing.days[].day", several="smallest"),
    ColumnSpec("case", "/hearing.cases[].id"),
    ColumnSpec("id", "id", type="digits", required=True),
    ColumnSpec("name", "details.name"),
    ColumnSpec("youth", "youth", json_kind="truth"),
    ColumnSpec("rank", "rank", type="decimal", json_kind="number"),
    ColumnSpec("shared", "/hearing.cases[].people[].results[].at"),
)
SPEC = FileSpec("jsonl", ",", '"', "utf-8", "none", PERSON, rows="hearing.cases[].people[]")


def line(*cases: list[dict[str, Any]], hearing: str | None = "H1", **more: Any) -> bytes:
    days = [{"day": "2022-05-02"}, {"day": "2022-05-01"}]
    held = [{"id": f"C{n}", "people": people} for n, people in enumerate(cases, start=1)]
    return json.dumps({"hearing": {"id": hearing, "days": days, "cases": held} | more, "unknown": [1, {"a": []}]}).encode()


def parse(folder: Path, content: bytes, spec: FileSpec = SPEC) -> list[dict[str, Any]]:
    (folder / "part-0").write_bytes(content)
    return [row for _, batch in Reading(str(folder), "part-0", [spec]).records() for row in batch.to_pylist()]


def values(folder: Path, content: bytes, spec: FileSpec = SPEC) -> list[tuple[Any, ...]]:
    """Ordinal, the columns, and the faults as RULE or RULE:column."""
    return [
        (row["ordinal"], *(row[c.name] for c in spec.kept), [":".join(filter(None, fault.values())) for fault in row["faults"]])
        for row in parse(folder, content, spec)
    ]


GOOD = line(
    [{"id": "1", "details": {"name": "Ann"}, "youth": True, "rank": 100, "results": [{"at": "b"}, {"at": "c"}, {"at": None}]}],
    [{"id": "2", "details": None, "rank": 1.5, "results": []}, {"id": "3", "details": {"name": "Zoë"}, "youth": False, "results": None}],
)


def test_each_object_of_the_nested_list_is_a_row_with_what_stands_above_it(tmp_path: Path) -> None:
    assert values(tmp_path, GOOD + b"\n" + line([{"id": "4"}], hearing="H2")) == [
        (1, "1", "H1", "2022-05-01", "C1", "1", "Ann", "true", "100", "c", []),
        (2, "1", "H1", "2022-05-01", "C2", "2", None, None, "1.5", None, []),
        (3, "1", "H1", "2022-05-01", "C2", "3", "Zoë", "false", None, None, []),
        (4, "2", "H2", "2022-05-01", "C1", "4", None, None, None, None, []),
    ]


def test_a_line_without_the_list_has_no_row(tmp_path: Path) -> None:
    assert values(tmp_path, line() + b'\n{"hearing":null}\n{}\n' + line([])) == []


def test_a_table_may_read_the_line_itself(tmp_path: Path) -> None:
    spec = FileSpec(
        "jsonl", ",", '"', "utf-8", "none", (ColumnSpec("id", "hearing.id"), ColumnSpec("people", "/hearing.cases[].people[].id"))
    )
    assert values(tmp_path, GOOD + b"\r\n" + line(hearing="H2") + b"\n", spec) == [(1, "H1", "3", []), (2, "H2", None, [])]


BAD = {
    "cut short": (GOOD[: len(GOOD) // 2], "JSON"),
    "empty": (b"", "JSON"),
    "no object": (b"[1]", "JSON"),
    "words": (b"nonsense", "JSON"),
    "two objects": (b"{} {}", "JSON"),
    "a list for an object": (b'{"hearing":[1]}', "SHAPE"),
    "a number for a text": (b'{"hearing":{"id":1}}', "SHAPE"),
    "a text for a truth": (line([{"id": "9", "youth": "true"}]), "SHAPE"),
    "a text for a number": (line([{"id": "9", "rank": "1"}]), "SHAPE"),
    "bytes that are no text": (b'{"hearing":{"id":"H\xe9"}}', "ENCODING"),
    "such bytes where nobody looks": (b'{"x":"\xff"}', "ENCODING"),
    "a raw control character": (b'{"hearing":{"id":"\x01"}}', "JSON"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_line_that_cannot_be_read_is_set_aside_alone_with_its_text(tmp_path: Path, kind: str) -> None:
    bad, rule = BAD[kind]
    rows = parse(tmp_path, b"\n".join([GOOD, bad, line([{"id": "4"}])]) + b"\n")
    assert [row["ordinal"] for row in rows] == [1, 2, 3, 4, 5]
    assert [[fault["rule"] for fault in row["faults"]] for row in rows] == [[], [], [], [rule], []]
    assert [row["line"] for row in rows] == ["1", "1", "1", None, "3"]
    assert rows[3]["record_text"] == bad.decode(errors="backslashreplace")


def test_an_object_that_spans_lines_costs_its_lines_and_no_other(tmp_path: Path) -> None:
    spread = GOOD.replace(b'"unknown"', b'\n"unknown"')
    rows = parse(tmp_path, b"\n".join([spread, b"{} {}", GOOD]))
    assert [[fault["rule"] for fault in row["faults"]] for row in rows] == [["JSON"], ["JSON"], ["JSON"], [], [], []]


def test_a_row_that_breaks_a_rule_is_set_aside_and_its_neighbours_stay(tmp_path: Path) -> None:
    rows = values(
        tmp_path, line([{"id": "x1"}, None, {"id": "2"}]) + b"\n" + line([{"id": "3", "details": {"name": "a\u0000b"}}], hearing=None)
    )
    assert [row[-1] for row in rows] == [["TYPE:id"], ["REQUIRED:id"], [], ["REQUIRED:hearing", "CONTROL_CHARACTER:name"]]
    assert parse(tmp_path, line([{"id": "x1", "rank": 2}]))[0]["record_text"] == "1,H1,2022-05-01,C1,x1,,,2,"


def test_blocks_change_nothing(tmp_path: Path) -> None:
    lines = [GOOD, *(bad for bad, _ in BAD.values()), line(), GOOD, b""] * 3
    whole = values(tmp_path, b"\n".join(lines))
    for size in (1, 7, 100, 1_000):
        spec = FileSpec("jsonl", ",", '"', "utf-8", "none", PERSON, Limits(block_bytes=size), SPEC.rows)
        assert values(tmp_path, b"\n".join(lines), spec) == whole


def test_where_a_column_must_not_be_kept_no_line_is(tmp_path: Path) -> None:
    spec = FileSpec("jsonl", ",", '"', "utf-8", "none", (*PERSON[:5], ColumnSpec("name", "details.name", kept=False)), rows=SPEC.rows)
    (bad, row) = parse(tmp_path, b"nonsense\n" + line([{"id": "x", "details": {"name": "Ann"}}]), spec)
    assert bad["record_text"] is None
    assert "Ann" not in row["record_text"]


def test_inspection_knows_packed_files_long_lines_and_empty_ones(tmp_path: Path) -> None:
    def inspected(content: bytes, spec: FileSpec) -> tuple[bool, list[str]]:
        (tmp_path / "part-0").write_bytes(content)
        reading = Reading(str(tmp_path), "part-0", [spec])
        for _ in reading.records():
            pass
        fact = reading.fact
        return fact.has_record, [fault["rule"] for fault in fact.faults]

    packed = FileSpec("jsonl", ",", '"', "utf-8", "gzip", PERSON, rows=SPEC.rows)
    assert inspected(GOOD, SPEC) == (True, [])
    assert inspected(gzip.compress(GOOD), packed) == (True, [])
    assert inspected(gzip.compress(GOOD), SPEC) == (False, ["UNREADABLE"])
    assert inspected(gzip.compress(GOOD)[:-9], packed)[1] == ["TRUNCATED"]
    assert inspected(gzip.compress(b""), packed) == (False, [])
    assert inspected(b"", SPEC) == (False, ["EMPTY"])
    short = FileSpec("jsonl", ",", '"', "utf-8", "none", PERSON, Limits(record_bytes=50), SPEC.rows)
    assert inspected(b"{}\n" + GOOD + b"\n{}", short)[1] == ["TOO_LARGE"]

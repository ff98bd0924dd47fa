"""Which values break a declared pattern, range or list, with all reasons of a record; without Spark."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from docketlink.config.source import SourceConfig
from docketlink.sources.ingest import file_spec
from docketlink.sources.kernel_spec import ColumnSpec, ValueRule
from docketlink.sources.rules import value_rules

SpecOf = Callable[..., Any]
DAY = ("yyyy-MM-dd",)

CASES = [
    (
        "text",
        (),
        ValueRule(pattern="[A-Z][0-9]{4}[A-Z]{2}"),
        "PATTERN",
        ["A1234AA", " A1234AA ", "", " "],
        ["A1234A", "xA1234AA", "a1234aa"],
    ),
    ("text", (), ValueRule(pattern="a|b"), "PATTERN", ["a", "b"], ["ab", "ax", "xb"]),
    ("digits", (), ValueRule(least="10", greatest="110"), "RANGE", ["10", "0110", " 42 ", ""], ["9", "111", "99999999999999999999"]),
    ("decimal", (), ValueRule(least="-1.5"), "RANGE", ["-1.5", "+.5", "3.", "1"], ["-1.51", "-2."]),
    (
        "date",
        DAY,
        ValueRule(least="1900-01-02", greatest="2026-01-05"),
        "RANGE",
        ["1900-01-02", " 2026-01-05 ", ""],
        ["1900-01-01", "2026-01-06"],
    ),
    ("date", ("dd/MM/yyyy",), ValueRule(greatest="2026-01-05"), "RANGE", ["05/01/2026", "31/12/1999"], ["06/01/2026", "01/01/2027"]),
    ("date", ("d MMM yyyy", "dd/MM/yy"), ValueRule(greatest="2026-01-05"), "RANGE", ["5 Jan 2026", "06/01/26"], ["6 jan 2026"]),
    (
        "timestamp",
        DAY,
        ValueRule(greatest="2026-01-05"),
        "RANGE",
        ["2026-01-05 23:59:59", "2026-01-05"],
        ["2026-01-06T00:00:00Z", "2026-01-06"],
    ),
    ("text", (), ValueRule(one_of=("P", "O")), "CODE", ["P", " O ", ""], ["p", "X", "PO"]),
    ("text", (), ValueRule(one_of=("NOT KNOWN", "M"), folded=True), "CODE", ["Not  known", "m", "Ḿ"], ["F", "NOTKNOWN"]),
]


@pytest.mark.parametrize(("kind", "formats", "rule", "name", "right", "wrong"), CASES, ids=[f"{c[3]} {c[2]}"[:60] for c in CASES])
def test_values_that_break_the_rule_of_their_column_set_their_record_aside(
    landed: Any, spec_of: SpecOf, kind: str, formats: tuple[str, ...], rule: ValueRule, name: str, right: list[str], wrong: list[str]
) -> None:
    how = spec_of((ColumnSpec("n", "n"), ColumnSpec("v", "v", type=kind, formats=formats, rule=rule)))
    body = "".join(f'{i},"{value}"\n' for i, value in enumerate([*right, *wrong], 1))
    rows = landed.values(f"n,v\n{body}".encode(), how)
    assert {row[2]: row[-1] for row in rows} == {**{v: [] for v in right}, **{v: [f"{name}:v"] for v in wrong}}


def test_a_value_of_another_type_is_not_out_of_range_as_well(landed: Any, spec_of: SpecOf) -> None:
    how = spec_of((ColumnSpec("v", "v", type="date", formats=DAY, rule=ValueRule(greatest="2026-01-05")),))
    assert [row[-1] for row in landed.values(b"v\n2026-02-30\n2026-02-28\n", how)] == [["TYPE:v"], ["RANGE:v"]]


def test_a_record_gives_the_reasons_of_all_its_columns(landed: Any, spec_of: SpecOf) -> None:
    how = spec_of(
        (
            ColumnSpec("id", "id", type="digits", required=True, rule=ValueRule(pattern="[0-9]{3}", greatest="500")),
            ColumnSpec("kind", "kind", rule=ValueRule(one_of=("P",))),
        )
    )
    assert landed.values(b"id,kind\n9000,X\n,P\n", how) == [
        (1, "9000", "X", ["PATTERN:id", "RANGE:id", "CODE:kind"]),
        (2, None, "P", ["REQUIRED:id"]),
    ]


def test_bounds_that_name_the_snapshot_are_dates_of_the_delivery() -> None:
    columns = {
        "heard": {"about": "Day.", "type": "date", "range": {"least": "1990-01-01", "greatest": "snapshot + 30 days"}},
        "born": {"about": "Day.", "type": "date", "range": {"greatest": "snapshot"}},
        "age": {"about": "Years.", "type": "digits", "range": {"least": 0, "greatest": 110}},
        "sex": {"about": "Sex.", "one_of": "sex"},
        "id": {"about": "Key."},
    }
    source = SourceConfig.model_validate(
        {
            "source": "court",
            "about": "A court.",
            "tables": {"person": {"about": "A person.", "native_key": ["id"], "columns": columns}},
            "codes": {"sex": {"M": "M", "Not  known": "N"}},
            "record": {"table": "person", "key": ["id"], "name": {}},
        }
    )
    table = source.tables["person"]
    rules = value_rules(source, table, date(2026, 1, 5))
    assert rules == {
        "heard": ValueRule(least="1990-01-01", greatest="2026-02-04"),
        "born": ValueRule(greatest="2026-01-05"),
        "age": ValueRule(least="0", greatest="110"),
        "sex": ValueRule(one_of=("M", "NOT KNOWN"), folded=True),
    }
    assert [c.rule for c in file_spec(table, rules).columns] == [*rules.values(), None]

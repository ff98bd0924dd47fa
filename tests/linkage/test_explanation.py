"""The explanation of one pair: Splink's own levels and bits, a page that needs no network, and no value when asked for none."""

import json
import re

import pyarrow as pa
import pytest
from docketlink.config.model import ModelConfig
from docketlink.linkage.artefact import LinkModel
from docketlink.linkage.explanation import Explanation, explain_pair

from tests.linkage.pairs import by_expression
from tests.linkage.test_parity_laws import LIBRARY, declared, drawn_parameters, people

MODEL = drawn_parameters(declared(LIBRARY["name"], LIBRARY["lists"], LIBRARY["jaro"]), 5, missing=0.0, odd=())
SHARES = {"surname": {"JOHN": 0.2, "</script>": 0.001}}
RULES = (("surname", "dob"), ("surname",), ("upper(forename)",), ("email",))


def definition() -> ModelConfig:
    return ModelConfig.model_validate(
        {
            "name": "people",
            "about": "For the rules only.",
            "inputs": {"surname": "surname", "forename": "forename", "dob": "dob", "email": "email"},
            "comparisons": [{"name": "surname", "library": "ExactMatch", "arguments": {"col_name": "surname"}}],
            "blocking": RULES,
            "training": {"prior": {"rules": [["surname"]], "recall": 0.5}, "sessions": [["surname"]]},
        }
    )


def pair(**changed: tuple[object, object]) -> pa.Table:
    sides = people(2, 1).slice(0, 2).to_pylist()
    same = {
        "surname": ("JOHN", "JOHN"),
        "forename": ("Ann", "ANN"),
        "dob": ("1980-01-02", None),
        "email": (None, None),
        "words": (["A"], ["A", "B"]),
    }
    for name, values in {**same, **changed}.items():
        sides[0][name], sides[1][name] = values
    return pa.Table.from_pylist(sides, schema=people(1, 1).schema).rename_columns(
        ["record_id" if c == "unique_id" else c for c in people(1, 1).column_names]
    )


def explained(table: pa.Table, *, hide: bool = False) -> Explanation:
    model = LinkModel("m1", "people", "", json.dumps(MODEL), "{}", "{}")
    return explain_pair(table, definition(), model, SHARES, hide=hide)


@pytest.mark.parametrize("surnames", [("JOHN", "JOHN"), ("JOHN", "JON"), ("JOHN", None), ("", "李雷"), ("</script>", "</script>")])
def test_the_steps_add_up_to_the_weight_that_the_engine_gives(surnames: tuple[str | None, str | None]) -> None:
    table = pair(surname=surnames)
    found = explained(table)
    records = table.rename_columns(["unique_id" if c == "record_id" else c for c in table.column_names])
    (weight,) = by_expression(records, MODEL, SHARES).values()
    assert found.weight == pytest.approx(weight, abs=1e-9)
    assert sum(step.weight for step in found.steps) == pytest.approx(weight, abs=1e-9)
    assert found.steps[0].comparison == "Prior"
    assert [step.comparison for step in found.steps if not step.is_adjustment][1:] == [
        c["output_column_name"] for c in MODEL["comparisons"]
    ]


def test_only_rules_whose_every_part_is_there_and_equal_bring_a_pair_together() -> None:
    assert explained(pair()).rules == (1, 2)
    assert explained(pair(dob=("1980-01-02", "1980-01-02"), surname=("JOHN", "JON"))).rules == (2,)


def test_the_page_asks_no_other_machine_for_anything() -> None:
    page = explained(pair()).page
    assert not re.search(r"<(script|link|iframe)[^>]*\s(src|href)\s*=", page)
    assert "default-src 'none'" in page
    assert "vegaEmbed(" in page
    assert "Term freq adjustment on surname" in page


def test_a_value_cannot_end_the_script_that_it_stands_in() -> None:
    assert explained(pair(surname=("</script>", "</script>"))).page.count("</script>") == explained(pair()).page.count("</script>")


def test_without_values_neither_steps_nor_page_hold_one() -> None:
    table = pair(surname=("XQZWV", "XQZWV"), words=(["QJXKV"], ["QJXKV"]))
    shown, hidden = explained(table), explained(table, hide=True)
    assert "XQZWV" in shown.page
    assert any(step.left == "XQZWV" for step in shown.steps)
    assert not any(value in hidden.page or value in str(hidden.steps) for value in ("XQZWV", "QJXKV"))
    assert hidden.weight == shown.weight

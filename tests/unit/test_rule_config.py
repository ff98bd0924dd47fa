"""Rules in a source's YAML: what is refused, told all at once, and in which order tables refer to each other."""

from pathlib import Path
from typing import Any

import pytest
from docketlink.config.load import load_source
from docketlink.config.rules import reference_order
from docketlink.config.source import SourceConfig
from pydantic import ValidationError

CONF = Path(__file__).parents[2] / "conf" / "sources"


def table(**more: Any) -> dict[str, Any]:
    return {"about": "Rows.", "native_key": ["id"], "columns": {"id": {"about": "Key."}, "other": {"about": "Other."}}, **more}


def source(**tables: dict[str, Any]) -> SourceConfig:
    return SourceConfig.model_validate(
        {"source": "court", "about": "A court.", "tables": tables, "record": {"table": "person", "key": ["id"], "name": {}}}
    )


def refers(target: str, own: str = "other", theirs: str = "id") -> dict[str, Any]:
    return {"table": target, "on": {own: theirs}}


COLUMNS = [
    ({"pattern": "(?=x)"}, "no regular expression of RE2"),
    ({"range": {"least": 1}}, "has a range, which needs one of the types"),
    ({"type": "digits", "range": {}}, "needs least or greatest"),
    ({"type": "digits", "range": {"least": "snapshot"}}, "which is no number"),
    ({"type": "date", "range": {"greatest": "2026-02-30"}}, "neither yyyy-MM-dd nor"),
    ({"type": "date", "range": {"greatest": "snapshot + 2 weeks"}}, "neither yyyy-MM-dd nor"),
    ({"one_of": "sex"}, "which codes does not list"),
]


@pytest.mark.parametrize(("column", "fault"), COLUMNS, ids=[c[1] for c in COLUMNS])
def test_rules_that_cannot_be_judged_are_refused(column: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        source(person=table(columns={"id": {"about": "Key.", **column}}))


def test_names_of_rules_that_lead_nowhere_are_all_told() -> None:
    with pytest.raises(ValidationError) as caught:
        source(
            person=table(unique=[["nothing"]], references=[refers("nobody"), refers("offence", "x", "y")]),
            offence=table(drop=["other"]),
        )
    told = str(caught.value)
    for each in ("unique names 'nothing'", "refers to 'nobody'", "references names 'x'", "table offence keeps no column 'y'"):
        assert each in told, each


def test_tables_may_not_refer_to_each_other_in_a_circle() -> None:
    with pytest.raises(ValidationError, match="person to offence to person"):
        source(person=table(references=[refers("offence")]), offence=table(references=[refers("person")]))


def test_a_table_comes_after_those_it_refers_to_and_may_refer_to_itself() -> None:
    court = source(
        result=table(references=[refers("offence")]),
        offence=table(references=[refers("person"), refers("offence")]),
        person=table(),
    )
    assert reference_order(court.tables) == ["person", "offence", "result"]


def test_the_gate_judges_columns_as_they_land_and_not_those_of_a_derived_table() -> None:
    def derived(column: str) -> SourceConfig:
        return SourceConfig.model_validate(
            {
                "source": "court",
                "about": "A court.",
                "tables": {"role": table(), "person": table(columns={"id": {"about": "Key."}, "side": {"about": "Side."}})
                           | {"derived": {"by": "familyman", "of": "role"}}},
                "record": {"table": "person", "key": ["id"], "name": {}},
                "gate": {"largest_shift": {column: 0.1}},
            }
        )  # fmt: skip

    assert derived("other").gate.largest_shift == {"other": 0.1}
    with pytest.raises(ValidationError, match="gate: table role keeps no column 'side'"):
        derived("side")


@pytest.mark.parametrize("file", sorted(CONF.glob("*.yml")), ids=lambda file: file.stem)
def test_a_flag_that_withdraws_rows_is_one_of_its_two_values(file: Path) -> None:
    """A withdrawn row must never pass for a live one because of a slip in its flag."""
    for name, said in load_source(file).landed.items():
        if said.soft_delete and said.columns[said.soft_delete.column].json_kind != "truth":
            assert said.columns[said.soft_delete.column].one_of in (("Y", "N"), ("0", "1")), name

"""The models that ship: each can be trained and compiled, no side of a pair counts more, and decisions that must hold do."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from docketlink.config.load import read_yaml
from docketlink.config.model import ModelConfig
from docketlink.config.settings import Linkage
from docketlink.linkage.compiler import compile_model
from docketlink.linkage.inputs import check_rules
from docketlink.linkage.training import declared_settings

from tests.conftest import PROJECT

MODELS = sorted((PROJECT / "conf" / "models").glob("*.yml"))


def declared(file: Path) -> ModelConfig:
    return ModelConfig.model_validate(read_yaml(file))


class Weigher:
    """Weights of pairs of records by a model that has only its fixed m and u, and Splink's defaults for the rest."""

    def __init__(self, name: str) -> None:
        self.model = declared(PROJECT / "conf" / "models" / f"{name}.yml")
        self.compiled = compile_model(json.dumps(declared_settings(self.model)), -100.0)

    def weigh(self, left: dict[str, Any], right: dict[str, Any]) -> float:
        with duckdb.connect() as con:
            for side, record in (("l", left), ("r", right)):
                assert set(record) <= set(self.model.columns), "not an input of the model"
                values = [f"{_literal(record.get(c))} AS {c}" for c in self.compiled.columns]
                values += [f"NULL::DOUBLE AS log2_tf_{c}" for c in self.compiled.term_frequencies]
                con.execute(f"CREATE TABLE {side} AS SELECT {', '.join(values)}")
            return con.sql(f"SELECT {self.compiled.weight} FROM l, r").fetchall()[0][0]


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_literal(v) for v in value)}]"
    return "NULL" if value is None else f"'{value}'"


@pytest.fixture(scope="module")
def court() -> Weigher:
    return Weigher("court_people")


def person(**changed: Any) -> dict[str, Any]:
    return {
        "name_1": "JOHN", "last_name": "SMITH", "full_name": "JOHN SMITH", "forenames": ["JOHN"], "last_names": ["SMITH"],
        "dob": "1980-03-05", "dobs": ["1980-03-05"], "postcode": "LS11AA", "postcodes": ["LS11AA"], "outcodes": ["LS1"],
    } | changed  # fmt: skip


def registers(pnc: str | None, cro: str | None) -> dict[str, Any]:
    return person(pnc=pnc, pncs=[pnc] if pnc else None, cro=cro, cros=[cro] if cro else None)


@pytest.mark.parametrize("file", MODELS, ids=lambda f: f.stem)
def test_a_shipped_model_is_called_like_its_file_and_compiles(file: Path) -> None:
    model = declared(file)
    check_rules(model)
    compiled = compile_model(json.dumps(declared_settings(model)), -10.0)
    assert model.name == file.stem
    assert set(compiled.columns) <= set(model.columns)


def test_the_shipped_linkage_settings_are_the_defaults() -> None:
    assert Linkage.model_validate(read_yaml(PROJECT / "conf" / "linkage.yml")["linkage"]) == Linkage()


def test_swapping_the_sides_keeps_the_weight(court: Weigher) -> None:
    others = [
        person(), person(name_1="SMITH", last_name="JOHN", full_name="SMITH JOHN"), person(dob="1980-05-03", dobs=["1980-05-03"]),
        person(full_name=None, name_1=None), person(postcodes=["LS11AA", "M11AA"], postcode="M11AA"), registers("1/1A", "2/2B"), {},
    ]  # fmt: skip
    for left in others:
        for right in others:
            assert court.weigh(left, right) == pytest.approx(court.weigh(right, left), abs=1e-9)


def test_disagreeing_on_both_registers_scores_minus_14_and_on_one_minus_10(court: Weigher) -> None:
    alike = court.weigh(person(), person())
    assert court.weigh(registers("1/1A", "2/2B"), registers("3/3C", "4/4D")) - alike == pytest.approx(-14, abs=0.1)
    assert court.weigh(registers("1/1A", None), registers("3/3C", None)) - alike == pytest.approx(-10, abs=0.1)
    assert court.weigh(registers("1/1A", "2/2B"), registers("3/3C", None)) - alike == pytest.approx(-10, abs=0.1)


def test_a_register_on_one_side_only_is_no_evidence(court: Weigher) -> None:
    alike = court.weigh(person(), person())
    assert court.weigh(registers("1/1A", "2/2B"), registers(None, None)) == pytest.approx(alike, abs=1e-9)
    assert court.weigh(registers("1/1A", None), registers(None, "2/2B")) == pytest.approx(alike, abs=1e-9)


def test_a_shared_pnc_outweighs_a_different_name_and_date_of_birth(court: Weigher) -> None:
    alike = court.weigh(person(), person())
    assert court.weigh(registers("1/1A", None), registers("1/1A", None)) - alike == pytest.approx(21.9, abs=0.1)


def test_evidence_of_a_date_of_birth_falls_from_equal_to_different(court: Weigher) -> None:
    dates = ["1980-03-05", "1980-05-03", "1980-03-06", "1981-12-05", "1952-11-17"]
    found = [court.weigh(person(), person(dob=d, dobs=[d])) for d in dates[:3]] + [court.weigh(person(), person(dob=dates[4], dobs=[]))]
    assert found == sorted(found, reverse=True)


def test_a_missing_value_is_never_evidence_against(court: Weigher) -> None:
    for column in ("dob", "postcodes", "sentence_dates", "middle", "sex"):
        known = person(sentence_dates=["2020-01-01"], middle="ALAN", sex="M")
        differs = person(
            dob="1952-11-17",
            dobs=[],
            postcode="M11AA",
            postcodes=["M11AA"],
            outcodes=["M1"],
            sentence_dates=["2001-01-01"],
            middle="ZED",
            sex="F",
        )
        assert court.weigh(known, differs | {column: None}) > court.weigh(known, differs)

"""The models of the linking benchmark: one set of rules, dates and postcodes compared by cheap levels or by edit distances."""

from collections.abc import Mapping
from typing import Any

from docketlink.config.model import BlockingRule, ModelConfig

COLUMNS = ("first_name", "middle_name", "surname", "dob", "postcode", "sex")

RULES = (
    ("first_name", "surname"),
    ("surname", "substr(dob, 1, 4)"),
    ("first_name", "substr(dob, 1, 7)"),
    ("postcode",),
    ("substr(postcode, 1, 4)", "substr(dob, 1, 7)"),
    ("dob",),
    ("first_name", "substr(postcode, 1, 4)"),
)
# for records of whom many share surname and date of birth: what makes large blocks says how to cut them up
_HOME = ("substr(postcode, 1, 4)",)
SKEWED_RULES = (
    BlockingRule(on=RULES[0], refine=_HOME, split=True),
    BlockingRule(on=RULES[1], refine=("first_name", *_HOME), split=True),
    BlockingRule(on=RULES[2], split=True),
    RULES[3],
    RULES[4],
    BlockingRule(on=RULES[5], refine=("postcode",)),
    RULES[6],
)
LIGHT_RULES = (("first_name", "surname", "dob"), ("postcode", "first_name"), ("surname", "dob"))


def _name(column: str, *, term_frequency: bool) -> dict[str, Any]:
    return {
        "name": column,
        "library": "JaroWinklerAtThresholds",
        "arguments": {"col_name": column, "score_threshold_or_thresholds": [0.92, 0.8]},
        "term_frequency": term_frequency,
    }


_NAMES = (_name("first_name", term_frequency=True), _name("middle_name", term_frequency=False), _name("surname", term_frequency=True))
_SEX = {"name": "sex", "library": "ExactMatch", "arguments": {"col_name": "sex"}}
_CHEAP = (
    {
        "name": "dob",
        "levels": [
            {"label": "missing", "sql": "dob_l IS NULL OR dob_r IS NULL", "missing": True},
            {"label": "equal", "sql": "dob_l = dob_r"},
            {"label": "one digit", "sql": "hamming(dob_l, dob_r) = 1"},
            {"label": "two digits", "sql": "hamming(dob_l, dob_r) = 2"},
            {"label": "different", "sql": "ELSE"},
        ],
    },
    {
        "name": "postcode",
        "levels": [
            {"label": "missing", "sql": "postcode_l IS NULL OR postcode_r IS NULL", "missing": True},
            {"label": "equal", "sql": "postcode_l = postcode_r"},
            {"label": "sector", "sql": "substr(postcode_l, 1, 5) = substr(postcode_r, 1, 5)"},
            {"label": "district", "sql": "substr(postcode_l, 1, 4) = substr(postcode_r, 1, 4)"},
            {"label": "different", "sql": "ELSE"},
        ],
    },
)
_EDITS = (
    {
        "name": "dob",
        "library": "DamerauLevenshteinAtThresholds",
        "arguments": {"col_name": "dob", "distance_threshold_or_thresholds": [1, 2]},
    },
    {
        "name": "postcode",
        "library": "LevenshteinAtThresholds",
        "arguments": {"col_name": "postcode", "distance_threshold_or_thresholds": [1, 2]},
    },
)


def _model(name: str, about: str, comparisons: tuple[Any, ...], rules: tuple[Any, ...]) -> ModelConfig:
    return ModelConfig.model_validate(
        {
            "name": name,
            "about": about,
            "inputs": {column: column for column in COLUMNS},
            "comparisons": comparisons,
            "blocking": rules,
            "training": {
                "sample": 200_000,
                "random_pairs": 1_000_000,
                "prior": {"rules": [["first_name", "surname", "dob"], ["postcode", "dob"]], "recall": 0.8},
                "sessions": [["first_name", "surname"], ["dob"]],
            },
        }
    )


MODELS: Mapping[str, ModelConfig] = {
    "example": _model("example", "Names by Jaro-Winkler; dates and postcodes by cheap levels.", (*_NAMES, *_CHEAP, _SEX), RULES),
    "edits": _model("edits", "As Splink's example settings: edit distances on dates and postcodes.", (*_NAMES, *_EDITS, _SEX), RULES),
    "skewed": _model("skewed", "The example where many share surname and date of birth.", (*_NAMES, *_CHEAP, _SEX), SKEWED_RULES),
    "light": _model("light", "The example's comparisons behind narrow rules.", (*_NAMES, *_CHEAP, _SEX), LIGHT_RULES),
}

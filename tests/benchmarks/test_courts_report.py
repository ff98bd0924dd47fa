"""The report on the synthetic courts: what counts as near enough, how pairs agree, what goes into the document."""

from pathlib import Path

import pyarrow as pa
import pytest
from courts_pairs import COLUMNS, COMPARISONS, agreement, given_pairs, random_pairs
from courts_targets import CHANCE, COUNT, MATCHES, MEAN, OURS, PUBLISHED, RANDOM, SHARE, TARGETS, Target, judged
from courts_text import BEGIN, END, with_report
from courts_weeks import weekly_changes

DOCUMENT = Path(__file__).parents[2] / "docs" / "synthetic.md"
LISTS = {name for name in COLUMNS if name.endswith("_arr")}
SCHEMA = pa.schema([(name, pa.list_(pa.string()) if name in LISTS else pa.string()) for name in COLUMNS])


def target(value: float, kind: str) -> Target:
    return Target("g", "n", value, OURS, kind)


@pytest.mark.parametrize(
    ("value", "kind", "cases", "measured", "verdict"),
    [
        (0.20, SHARE, 10**8, 0.229, "inside"),
        (0.20, SHARE, 10**8, 0.231, "MISSED"),
        (0.20, SHARE, 100, 0.231, "inside"),  # three standard errors of a hundred cases are 12 points
        (0.004, SHARE, 20_000, 0.0008, "MISSED"),
        (2.4, MEAN, 10**8, 2.63, "inside"),
        (2.4, MEAN, 10**8, 2.65, "MISSED"),
        (1_000.0, COUNT, 10**8, 1_101.0, "MISSED"),
        (1_000.0, COUNT, 100, 1_390.0, "inside"),
        (1e-4, CHANCE, 10**9, 1.9e-4, "inside"),
        (1e-4, CHANCE, 10**9, 2.1e-4, "MISSED"),
        (1e-4, CHANCE, 10**9, 0.4e-4, "MISSED"),
        (1e-6, CHANCE, 1_000, 0.0, "too few"),
        (1e-6, CHANCE, 1_000, 0.5, "MISSED"),  # however few they are
        (0.5, SHARE, 0, None, "not measured"),
    ],
)
def test_near_enough_is_by_kind_and_number_of_cases(value: float, kind: str, cases: int, measured: float | None, verdict: str) -> None:
    assert target(value, kind).verdict(measured, cases) == verdict


def test_a_target_stands_once_and_every_level_of_a_comparison_has_one() -> None:
    names = [(each.group, each.name) for each in TARGETS]
    assert len({*names}) == len(names)
    for group in (MATCHES, RANDOM):
        levels = {f"{name} {level}" for name, (_, several) in COMPARISONS.items() for level, _ in several if name != "register"}
        assert levels <= {name for own, name in names if own == group}
    assert {each.basis for each in TARGETS} == {OURS, PUBLISHED}


def test_what_has_no_target_is_refused_and_what_was_not_measured_is_said() -> None:
    assert {line["verdict"] for line in judged({})} == {"not measured"}
    with pytest.raises(ValueError, match="no target for"):
        judged({("shape", "something else"): (0.5, 10)})


PERSON = {
    "record_id": "a", "true_person_id": "P", "source": "s", "name_1_std": "JOHN", "last_name_std": "SMITH",
    "first_and_last_name_std": "JOHN SMITH", "name_2_std": "PAUL", "forename_std_arr": ["JOHN"], "last_name_std_arr": ["SMITH"],
    "dob_std": "1980-05-17", "dob_arr": ["1980-05-17"], "postcode_arr": ["AB12CD"], "postcode_outcode_arr": ["AB1"],
    "pnc_arr": ["2000/0123456X"], "cro_arr": ["654321/00X"], "sentence_date_arr": ["2015-01-01"],
}  # fmt: skip


def named(first: str, last: str, **more: object) -> dict[str, object]:
    own = {"name_1_std": first, "last_name_std": last, "first_and_last_name_std": f"{first} {last}"}
    return own | {"forename_std_arr": [first], "last_name_std_arr": [last]} | more


@pytest.mark.parametrize(
    ("level", "other"),
    [
        ("name equal", {}),
        ("name Jaro-Winkler .9", named("JON", "SMITH")),
        ("name swapped", named("SMITH", "JOHN")),
        ("name among aliases", named("XAVI", "QUIRK", forename_std_arr=["JOHN", "XAVI"], last_name_std_arr=["QUIRK", "SMITH"])),
        ("name both Jaro-Winkler .7", named("JOAN", "SMOOTHE")),
        ("name forename only", named("JOHN", "QUIRK")),
        ("name surname only", named("XAVI", "SMITH")),
        ("name differs", named("XAVI", "QUIRK")),
        ("date of birth equal", {}),
        ("date of birth among aliases", {"dob_std": "1999-01-02", "dob_arr": ["1980-05-17", "1999-01-02"]}),
        ("date of birth one edit", {"dob_std": "1980-05-71", "dob_arr": ["1980-05-71"]}),
        ("date of birth within five years", {"dob_std": "1984-11-30", "dob_arr": ["1984-11-30"]}),
        ("date of birth other", {"dob_std": "1960-11-30", "dob_arr": ["1960-11-30"]}),
        ("postcode shared", {"postcode_arr": ["AB12CD", "ZZ99ZZ"]}),
        ("postcode outcode only", {"postcode_arr": ["AB19ZZ"]}),
        ("postcode none", {"postcode_arr": ["ZZ99ZZ"], "postcode_outcode_arr": ["ZZ9"]}),
        ("middle name equal", {}),
        ("middle name Jaro-Winkler .85", {"name_2_std": "PAULA"}),
        ("middle name differs", {"name_2_std": "XERXES"}),
        ("register PNC only", {"cro_arr": ["111111/00X"]}),
        ("register CRO only", {"pnc_arr": ["1999/7777777X"]}),
        ("register core digits", {"pnc_arr": ["1999/0654321X"], "cro_arr": None}),
        ("register core digits", {"pnc_arr": ["2000/9923456X"], "cro_arr": None}),
        ("register differs", {"pnc_arr": ["1999/7777777X"], "cro_arr": ["111111/00X"]}),
        ("sentence date shared: one each", {}),
        ("sentence date shared: up to 9", {"sentence_date_arr": ["2014-01-01", "2015-01-01"]}),
        ("sentence date shared: up to 50", {"sentence_date_arr": [f"20{n}-01-01" for n in range(10, 20)]}),
        ("sentence date shared: more", {"sentence_date_arr": [f"20{n}-01-01" for n in range(10, 70)]}),
        ("sentence date within 14 days", {"sentence_date_arr": ["2015-01-10"]}),
        ("sentence date none", {"sentence_date_arr": ["2017-01-10"]}),
    ],
)  # fmt: skip
def test_a_pair_is_on_the_level_that_the_published_model_puts_it_on(level: str, other: dict[str, object]) -> None:
    pair = {f"{name}_l": value for name, value in PERSON.items()} | {f"{name}_r": value for name, value in (PERSON | other).items()}
    schema = pa.schema([field.with_name(f"{field.name}_{side}") for side in "lr" for field in SCHEMA])
    found = {name: share for name, share, pairs in agreement(given_pairs(pa.Table.from_pylist([pair], schema))) if pairs}
    comparison = next(name for name in COMPARISONS if level.startswith(name))
    assert found[level] == 1.0
    assert sum(share for name, share in found.items() if share and name.startswith(comparison)) == 1.0


def test_agreement_on_both_registers_and_missing_values_are_left_out() -> None:
    schema = pa.schema([field.with_name(f"{field.name}_{side}") for side in "lr" for field in SCHEMA])
    empty = dict.fromkeys(COLUMNS) | {"record_id": "b", "true_person_id": "P"}
    pairs = [{f"{n}_l": v for n, v in PERSON.items()} | {f"{n}_r": v for n, v in other.items()} for other in (PERSON, empty)]
    found = {name: (share, number) for name, share, number in agreement(given_pairs(pa.Table.from_pylist(pairs, schema)))}
    assert found["register PNC only"] == (None, 0)
    assert found["name equal"] == (1.0, 1)


def test_random_pairs_are_of_different_people_and_none_comes_twice() -> None:
    people = [PERSON | {"record_id": f"{n:03d}", "true_person_id": f"P{n // 2}"} for n in range(60)]
    pairs = random_pairs(pa.Table.from_pylist(people, SCHEMA), 10).execute(
        "SELECT least(record_id_l, record_id_r), greatest(record_id_l, record_id_r), true_person_id_l, true_person_id_r FROM pairs"
    ).fetchall()  # fmt: skip
    assert len(pairs) > 500
    assert all(left < right and one != other for left, right, one, other in pairs)
    assert len({(left, right) for left, right, *_ in pairs}) > 0.5 * len(pairs)


def test_the_report_takes_the_place_between_the_marks_and_can_be_written_again() -> None:
    facts = {"size": "tiny", "records": 2_000, "targets": judged({("shape", "male, family"): (0.2, 5_000)})}
    document = f"before\n{BEGIN}\nold figures\n{END}\nafter\n"
    written = with_report(document, facts)
    assert "old figures" not in written
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "| male, family | ours | 0.48 |" in written
    assert "| 5,000 | MISSED |" in written
    assert with_report(written, facts) == written
    with pytest.raises(ValueError, match="lacks"):
        with_report("no marks", facts)


def test_the_document_shows_every_target() -> None:
    section = DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0]
    assert [each.name for each in TARGETS if f"| {each.name} | {each.basis} |" not in section] == []


def test_weekly_changes_are_counted() -> None:
    found = weekly_changes(3, 4_000, "2026-01-05")
    assert {name for _, name in found} == {each.name for each in TARGETS if each.group == "weeks"}
    share, cases = found["weeks", "corrected in a week"]
    assert cases > 3_000
    assert 0.005 < (share or 0) < 0.02

"""The panel against a day-by-day count, on drawn lives; no Spark."""

import calendar
from datetime import date, timedelta

import pyarrow as pa
from docketlink.transforms.kernel_panel import CASE_EVENT, DEATH, EVENT, IS_CHARGE, IS_RESULT, SPELL, STATES, panel_batches
from hypothesis import given, settings
from hypothesis import strategies as st

LAST = date(2024, 3, 10)
ZERO = date(1970, 1, 1)
Fact = tuple[str, int, int, int, int, int]
SCHEMA = pa.schema([("person_id", pa.string()), *((n, pa.int32()) for n in ("kind", "first", "last", "code")), ("key", pa.int64())])


def day(year: int, month: int, number: int) -> int:
    return (date(year, month, number) - ZERO).days


def panel(facts: list[Fact], unit: str = "month", size: int = 3) -> list[dict]:
    ordered = sorted(facts, key=lambda fact: fact[0])
    table = pa.table(list(zip(*ordered, strict=True)), schema=SCHEMA)
    return pa.Table.from_batches(panel_batches(iter(table.to_batches(max_chunksize=size)), unit, (LAST - ZERO).days)).to_pylist()


FIRST = st.integers(day(2022, 11, 1), day(2024, 3, 31))
SPELLS = st.lists(st.tuples(FIRST, st.integers(0, 90), st.integers(0, 6)), max_size=5)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(day(2023, 1, 1), day(2024, 3, 10)), SPELLS), min_size=1, max_size=4))
def test_a_month_is_what_the_spells_say_on_its_last_day(lives: list) -> None:
    facts: list[Fact] = []
    for n, (begins, spells) in enumerate(lives):
        facts += [(f"p{n}", EVENT, begins, begins, 1, 0), *((f"p{n}", SPELL, first, first + more, code, 0) for first, more, code in spells)]
    rows = panel(facts)
    for n, (begins, spells) in enumerate(lives):
        mine = [row for row in rows if row["person_id"] == f"p{n}"]
        months = (LAST.year - 2022) * 12 + LAST.month - ((ZERO + timedelta(begins)).year - 2022) * 12 - (ZERO + timedelta(begins)).month + 1
        assert len(mine) == months
        for row in mine:
            end = min(row["month"].replace(day=calendar.monthrange(row["month"].year, row["month"].month)[1]), LAST)
            days = range(max(begins, (row["month"] - ZERO).days), (end - ZERO).days + 1)
            holding = [code for first, more, code in spells if first <= days[-1] <= first + more]
            assert row["state"] == STATES[min(holding, default=8)]
            assert row["days_observed"] == len(days)
            for name, codes in (("days_custody", range(5)), ("days_supervised", range(5, 8))):
                assert row[name] == sum(any(code in codes and first <= d <= first + more for first, more, code in spells) for d in days)


def test_years_add_up_to_months_and_a_gap_of_ten_years_is_a_hundred_and_twenty_months_of_none() -> None:
    facts: list[Fact] = [
        ("p", EVENT, day(2012, 2, 29), day(2012, 2, 29), IS_CHARGE, 0), ("p", EVENT, day(2023, 1, 5), day(2023, 1, 5), 1, 0),
        ("p", SPELL, day(2012, 2, 29), day(2012, 12, 31), 1, 0),
    ]  # fmt: skip
    months, years = panel(facts), panel(facts, "year")
    assert (months[0]["month"], months[0]["days_custody"], months[0]["charge_count"], months[0]["courts_count"]) == (
        date(2012, 2, 1),
        1,
        1,
        1,
    )
    gap = [row for row in months if 2013 <= row["year"] <= 2022]
    assert len(gap) == 120
    assert {(row["state"], row["event_count"]) for row in gap} == {("none", 0)}
    for name in ("days_custody", "days_supervised", "days_observed", "event_count", "prison_count"):
        assert sum(row[name] for row in months) == sum(row[name] for row in years)
    assert [row["year"] for row in years] == [*range(2012, 2025)]


def test_nothing_happens_after_death_and_a_case_is_open_until_its_result() -> None:
    rows = panel(
        [
            ("a", CASE_EVENT, day(2023, 1, 20), day(2024, 3, 10), 0, 7), ("a", CASE_EVENT, day(2023, 3, 2), day(2024, 3, 10), IS_RESULT, 7),
            ("b", EVENT, day(2023, 1, 20), day(2023, 1, 20), 4, 0), ("b", DEATH, day(2023, 2, 11), day(2023, 2, 11), 0, 0),
            ("c", SPELL, day(2023, 1, 20), day(2023, 1, 20), 0, 0),
        ]
    )  # fmt: skip
    states = {who: [row["state"] for row in rows if row["person_id"] == who] for who in "abc"}
    assert states["a"][:4] == ["open_case", "open_case", "none", "none"]
    assert states["b"][:3] == ["none", "none", "dead"]
    assert sum(row["days_observed"] for row in rows if row["person_id"] == "b") == 23
    assert states["c"] == []  # somebody without a dated event has no first contact


def test_a_person_with_five_thousand_events_in_many_batches_counts_once() -> None:
    facts: list[Fact] = [("p", EVENT, day(2020, 1, 1) + n // 5, 0, n % 7, 0) for n in range(5_000)]
    assert sum(row["event_count"] for row in panel(facts, size=100)) == 5_000

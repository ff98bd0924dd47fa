"""The panel against a day-by-day count, on drawn lives; no Spark."""

import calendar
from datetime import date, timedelta

import pyarrow as pa
from docketlink.transforms.kernel_coverage import ANYWHERE, Watched
from docketlink.transforms.kernel_panel import CASE_EVENT, DEATH, EVENT, IS_CHARGE, IS_RESULT, SPELL, STATES, panel_batches
from hypothesis import given, settings
from hypothesis import strategies as st

LAST = date(2024, 3, 10)
ZERO = date(1970, 1, 1)
Fact = tuple[str | int, ...]  # six or, with the area, seven
NUMBERS = ("kind", "first", "last", "code", "key", "area")
SCHEMA = pa.schema([("person_id", pa.string()), *((name, pa.int64()) for name in NUMBERS)])


def months(first: date, last: date) -> list[date]:
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


ALWAYS = months(date(2000, 1, 1), LAST)
EVERYWHERE = Watched.of([(system, ANYWHERE, ALWAYS) for system in ("courts", "prison", "probation")], ALWAYS[0], LAST)


def day(year: int, month: int, number: int) -> int:
    return (date(year, month, number) - ZERO).days


def panel(facts: list[Fact], unit: str = "month", size: int = 3, watched: Watched = EVERYWHERE) -> list[dict]:
    ordered = sorted(((*fact, 0)[:7] for fact in facts), key=lambda fact: fact[0])
    table = pa.table(list(zip(*ordered, strict=True)), schema=SCHEMA)
    return pa.Table.from_batches(panel_batches(iter(table.to_batches(max_chunksize=size)), unit, (LAST - ZERO).days, watched)).to_pylist()


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
            assert (row["state"], row["is_observed"]) == (STATES[min(holding, default=8)], True)
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


def test_each_system_is_watched_where_the_last_event_of_it_was() -> None:
    closed = [month for month in ALWAYS if month != date(2023, 5, 1)]
    told = [
        ("courts", ANYWHERE, ALWAYS), ("courts", "A", closed), ("courts", "B", ALWAYS), ("prison", ANYWHERE, ALWAYS),
        ("prison", "P", [m for m in ALWAYS if m < date(2024, 1, 1)]), ("probation", ANYWHERE, ALWAYS),
    ]  # fmt: skip
    watched = Watched.of(told, ALWAYS[0], LAST)
    a, b, p = (watched.areas[area] for area in "ABP")
    facts: list[Fact] = [
        ("stays", EVENT, day(2023, 3, 1), 0, 0, 0, a),
        ("moves", EVENT, day(2023, 3, 1), 0, 0, 0, a), ("moves", EVENT, day(2023, 5, 31), 0, 0, 0, b),
        ("elsewhere", EVENT, day(2023, 3, 1), 0, 0, 0, 0),
        ("inside", EVENT, day(2023, 3, 1), 0, 1, 0, p), ("inside", SPELL, day(2024, 2, 1), day(2024, 2, 29), 1, 0, 0),
    ]  # fmt: skip
    unwatched = {
        who: [(row["month"], row["state"]) for row in panel(facts, watched=watched) if row["person_id"] == who and not row["is_observed"]]
        for who in ("stays", "moves", "elsewhere", "inside")
    }
    assert unwatched == {
        "stays": [(date(2023, 5, 1), "none")],  # a state is told by prison and probation
        "moves": [],
        "elsewhere": [],
        "inside": [(date(2024, 1, 1), "unobserved"), (date(2024, 2, 1), "sentenced"), (date(2024, 3, 1), "unobserved")],
    }
    years = {(row["person_id"], row["year"]): row["is_observed"] for row in panel(facts, "year", watched=watched)}
    assert years == {("stays", 2023): False, ("stays", 2024): True, ("moves", 2023): True, ("moves", 2024): True,
                     ("elsewhere", 2023): True, ("elsewhere", 2024): True, ("inside", 2023): True, ("inside", 2024): False}  # fmt: skip


def test_before_the_calendar_nobody_was_looking() -> None:
    late = Watched.of([(system, ANYWHERE, ALWAYS) for system in ("courts", "prison", "probation")], date(2023, 7, 1), LAST)
    rows = panel([("p", EVENT, day(2023, 5, 2), 0, 0, 0)], watched=late)
    assert [(row["month"].month, row["state"], row["is_observed"]) for row in rows[:3]] == [
        (5, "unobserved", False),
        (6, "unobserved", False),
        (7, "none", True),
    ]


def test_of_two_areas_on_one_day_the_order_of_arrival_decides_nothing() -> None:
    told = [(system, ANYWHERE, ALWAYS) for system in ("courts", "prison", "probation")]
    watched = Watched.of([*told, ("courts", "A", []), ("courts", "B", ALWAYS)], ALWAYS[0], LAST)
    events: list[Fact] = [("p", EVENT, day(2023, 5, 2), 0, 0, 0, watched.areas[area]) for area in "AB"]
    assert panel(events, watched=watched) == panel(events[::-1], watched=watched)

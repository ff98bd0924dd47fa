"""Laws of the column functions over thousands of values, each in one frame and one action."""

import itertools
import random
from collections.abc import Callable
from datetime import date, timedelta

import yaml
from docketlink.columns import dates, names, postcodes, registers, text
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from tests.columns.conftest import DATA

LETTERS = registers.CHECK_LETTERS
CLEANERS: dict[str, Callable[[Column], Column]] = {
    "pnc": lambda c: registers.pnc_canonical(c, 2026),
    "cro": registers.cro_canonical,
    "prison_number": registers.prison_number,
    "crn": registers.crn,
    "national_insurance": registers.national_insurance,
    "postcode": postcodes.postcode_canonical,
    "words": text.words,
    "case_reference": text.case_reference,
    "canonical_name": names.canonical_name,
    "birth_date": lambda c: dates.birth_date_canonical(c, ("yyyy-MM-dd", "dd/MM/yyyy", "dd/MM/yy"), F.lit("2026-01-05").cast("date")),
}
NAME_WORDS = ["Mr", "Dr", "Lord", "MIG_ERROR_Tom", "O'Neill", "Smith-Jones", "Mc", "Duff", "a", "NOT ENTERED", "Unknown", "Zoë", "Weiß",
              "JNR", "III", "aka", "Brown", "NFA", "TEST", "Śliwa"]  # fmt: skip


def _given_values() -> list[str]:
    values: set[str] = set()
    for path in DATA.glob("*.yml"):
        for row in yaml.safe_load(path.read_text()):
            given = row["given"] if isinstance(row["given"], dict) else {"given": row["given"]}
            values |= {v for v in given.values() if v is not None}
    draw = random.Random(5)
    values |= {" ".join(draw.choices(NAME_WORDS, k=draw.randint(1, 6))) for _ in range(1500)}
    return sorted(values)


def test_cleaning_is_idempotent_and_blind_to_case_and_outer_space_and_null_stays_null(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(v,) for v in [*_given_values(), None]], "given string").coalesce(1)
    once = frame.select(
        "given",
        *(f(F.col("given")).alias(f"{n}_once") for n, f in CLEANERS.items()),
        *(f(F.concat(F.lit("  "), F.lower("given"), F.lit(" "))).alias(f"{n}_cased") for n, f in CLEANERS.items()),
    )
    again = once.select("*", *(f(F.col(f"{n}_once")).alias(f"{n}_again") for n, f in CLEANERS.items()))
    broken = again.agg(
        F.count("*").alias("rows"),
        *(F.count_if(~F.col(f"{n}_once").eqNullSafe(F.col(f"{n}_again"))).alias(f"{n} is idempotent") for n in CLEANERS),
        *(F.count_if(~F.col(f"{n}_once").eqNullSafe(F.col(f"{n}_cased"))).alias(f"{n} is blind to case and space") for n in CLEANERS),
        *(F.count_if(F.col("given").isNull() & F.col(f"{n}_once").isNotNull()).alias(f"{n} keeps NULL") for n in CLEANERS),
        *(F.count_if(F.col(f"{n}_once").isNotNull()).alias(f"{n} gave values") for n in CLEANERS),
    ).first()
    assert broken is not None
    counted = broken.asDict()
    assert counted.pop("rows") > 1200
    assert [n for n in CLEANERS if not counted.pop(f"{n} gave values")] == []
    assert {law: n for law, n in counted.items() if n} == {}


def _letter(digits: str) -> str:
    return LETTERS[int(digits) % 23]


def _spoilt(digits: str) -> list[str]:
    changed = [digits[:i] + d + digits[i + 1 :] for i, d in itertools.product(range(9), "0123456789") if d != digits[i]]
    swapped = [digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(8) if digits[i] != digits[i + 1]]
    return changed + swapped


def test_one_wrong_digit_or_a_swap_of_neighbours_always_breaks_the_letter(spark: SparkSession) -> None:
    draw = random.Random(7)
    sound = [f"{draw.randrange(10**9):09d}" for _ in range(60)]
    sound = [d for d in sound if d[2:] != "0000000"]
    rows = [(f"{d[:2]}/{d[2:]}{_letter(d)}", True) for d in sound]
    rows += [(f"{s[:2]}/{s[2:]}{_letter(d)}", False) for d in sound for s in _spoilt(d)]
    frame = spark.createDataFrame(rows, "raw string, sound boolean").coalesce(1)
    pnc = registers.pnc(F.col("raw"), 2026)
    wrong = frame.select("raw", "sound", pnc.alias("pnc")).where(F.col("pnc.value").isNotNull() != F.col("sound"))
    assert len(rows) > 5000
    assert wrong.count() == 0


def test_the_letter_of_every_sound_number_agrees_with_plain_arithmetic(spark: SparkSession) -> None:
    draw = random.Random(11)
    rows = [(d, _letter(d)) for d in (f"{draw.randrange(10**9):09d}" for _ in range(3000))]
    frame = spark.createDataFrame([*rows, ("999999999", _letter("999999999"))], "digits string, letter string").coalesce(1)
    assert frame.where(registers.check_letter(F.col("digits")) != F.col("letter")).count() == 0


def test_two_digit_years_always_give_the_later_year_of_a_person_old_enough(spark: SparkSession) -> None:
    reference = date(2026, 1, 5)
    days = [date(1917, 1, 6) + timedelta(days=97 * k) for k in range(370)]
    rows = [(d.strftime("%d/%m/%y"), d.isoformat()) for d in days if d <= date(2016, 1, 5)]
    frame = spark.createDataFrame(rows, "raw string, expect string").coalesce(1)
    read = dates.birth_date(F.col("raw"), ("dd/MM/yy",), F.lit(reference), placeholders=())["value"]
    assert len(rows) > 300
    assert [r["raw"] for r in frame.where(~read.eqNullSafe(F.col("expect"))).collect()] == []

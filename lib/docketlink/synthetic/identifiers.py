"""Police register numbers with their check letters, in the forms in which systems write them."""

import numpy as np

from docketlink.synthetic.draws import Flags, Ints, Texts, pick, rank_within, texts
from docketlink.synthetic.parameters import Rates

CHECK_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"
_LETTERS = np.array(list(CHECK_LETTERS))
# Serials of a block and year stay below it, so that blocks rarely share one.
_SERIALS_PER_BLOCK = 70
# Primes just below the number of serials: a product with a constant, modulo a prime, spreads them and keeps them apart.
_PNC_SERIALS, _CRO_SERIALS, _SPREAD = 9_999_991, 999_983, 7_368_787


def serials(block: int, year: Ints, prime: int) -> Ints:
    """A serial for each person, different within a year, spread over the register."""
    order = np.argsort(year, kind="stable")
    rank = np.empty(len(year), dtype=np.int64)
    rank[order] = rank_within(year[order])
    return ((block * _SERIALS_PER_BLOCK + rank + year * 51_787) * _SPREAD) % prime + 1


def pnc_serials(block: int, year: Ints) -> Ints:
    """PNC serials, seven digits at most."""
    return serials(block, year, _PNC_SERIALS)


def cro_serials(block: int, year: Ints) -> Ints:
    """CRO serials, six digits at most."""
    return serials(block, year, _CRO_SERIALS)


def check_letter(short_year: Ints, serial: Ints, digits: int) -> Texts:
    """The letter that a short year and a serial of ``digits`` digits demand (domain.md 5.1 and 5.2)."""
    return texts(_LETTERS[(short_year * 10**digits + serial) % len(CHECK_LETTERS)])


def write_pnc(rng: np.random.Generator, year: Ints, serial: Ints, rates: Rates) -> Texts:
    """PNC ids as typed: canonical, short with a slash, without one, with a wrong letter, or a placeholder."""
    others = [rates.pnc_short, rates.pnc_bare, rates.pnc_bad_letter, rates.pnc_placeholder]
    form = pick(rng, np.array([1 - sum(others), *others]), len(year))
    letter = _spoilt(rng, check_letter(year % 100, serial, 7), form == 3)
    return texts([_pnc(*parts) for parts in zip(form.tolist(), year.tolist(), serial.tolist(), letter, strict=True)])


def _pnc(form: int, year: int, serial: int, letter: str) -> str:
    match form:
        case 1:
            return f"{year % 100:02d}/{serial}{letter}"
        case 2:
            return f"{year:04d}{serial:07d}{letter}"
        case 4:
            return "2000/0000000Z"
        case _:
            return f"{year:04d}/{serial:07d}{letter}"


def write_cro(rng: np.random.Generator, year: Ints, serial: Ints, rates: Rates) -> Texts:
    """CRO numbers as typed: padded or not, the file form, with a wrong letter, or a placeholder."""
    form = pick(rng, np.array([0.6, 0.25, 0.10, rates.pnc_bad_letter, rates.pnc_placeholder]), len(year))
    standard = _spoilt(rng, check_letter(year % 100, serial, 6), form == 3)
    as_written = np.array([len(str(n)) for n in serial.tolist()], dtype=np.int64)
    filed = check_letter_as_written(year % 100, serial, as_written)
    return texts([_cro(*parts) for parts in zip(form.tolist(), (year % 100).tolist(), serial.tolist(), standard, filed, strict=True)])


def check_letter_as_written(short_year: Ints, serial: Ints, digits: Ints) -> Texts:
    """The letter of the file form, in which the serial is not padded."""
    return texts(_LETTERS[(short_year * 10**digits + serial) % len(CHECK_LETTERS)])


def _cro(form: int, year: int, serial: int, standard: str, filed: str) -> str:
    match form:
        case 1:
            return f"{serial}/{year:02d}{standard}"
        case 2:
            return f"SF{year:02d}/{serial}{filed}"
        case 4:
            return "000000/00Z"
        case _:
            return f"{serial:06d}/{year:02d}{standard}"


def _spoilt(rng: np.random.Generator, letter: Texts, where: Flags) -> Texts:
    """``letter`` with another letter of the alphabet where told."""
    step = rng.integers(1, 23, size=len(letter))
    position = np.array([CHECK_LETTERS.index(each) for each in letter], dtype=np.int64)
    other = _LETTERS[(position + step) % len(CHECK_LETTERS)]
    return texts(np.where(where, other, letter.astype(str)))


def prison_number(number: Ints) -> Texts:
    """Prison numbers A1234AA, a different one for each number below 92.6 million, spread over the register."""
    letters = np.array(list("ABCDEFGHJKLMNPRTVWXYZ"))
    spread = number * 7_368_787 % (10_000 * len(letters) ** 3)
    high, low = np.divmod(spread, 10_000)
    high, last = np.divmod(high, len(letters))
    first, middle = np.divmod(high, len(letters))
    columns = zip(letters[first], low.tolist(), letters[middle], letters[last], strict=True)
    return texts([f"{a}{n:04d}{b}{c}" for a, n, b, c in columns])


def probation_number(number: Ints) -> Texts:
    """Probation numbers X123456, a different one for each number below 20 million, spread over the register."""
    letters = np.array(list("ABCDEFGHJKLMNPRTVWXZ"))
    letter, digits = np.divmod(number * _SPREAD % (1_000_000 * len(letters)), 1_000_000)
    return texts([f"{a}{n:06d}" for a, n in zip(letters[letter], digits.tolist(), strict=True)])


def national_insurance(number: Ints) -> Texts:
    """National insurance numbers AB123456C, a different one for each number below 361 million, spread over the register."""
    letters = np.array(list("ABCEGHJKLMNPRSTWXYZ"))
    pair, digits = np.divmod(number * _SPREAD % (1_000_000 * len(letters) ** 2), 1_000_000)
    first, second = np.divmod(pair, len(letters))
    return texts([f"{a}{b}{n:06d}{'ABCD'[n % 4]}" for a, b, n in zip(letters[first], letters[second], digits.tolist(), strict=True)])

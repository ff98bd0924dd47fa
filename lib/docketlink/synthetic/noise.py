"""How values go wrong on their way into a system: misread and misheard names, familiar forms, dates of birth, gaps."""

from collections.abc import Callable

import numpy as np

from docketlink.synthetic.draws import Flags, Ints, Reals, Texts, happens, pick, texts
from docketlink.synthetic.names import name_book
from docketlink.synthetic.parameters import Rates
from docketlink.synthetic.population import YEAR


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """``old:new`` words as pairs."""
    return tuple((old, new) for old, _, new in (word.partition(":") for word in text.split()))


# Keys beside a key; spellings that sound alike; letters that look alike to a scanner.
_KEYS = dict(
    _pairs(
        "a:sqz b:vn c:xv d:sfe e:wr f:dg g:fh h:gj i:uo j:hk k:jl l:k m:n n:bm o:ip p:o q:wa r:et s:ad t:ry u:yi v:cb w:qe x:zc y:tu z:xa"
    )
)
_SOUNDS = _pairs("ph:f ck:k ee:ea ie:y ey:y y:ie th:t ou:u ll:l tt:t nn:n ss:s c:k f:ph ae:ay ai:ay er:ar en:an on:en e:a s:ss l:ll n:nn")
_SHAPES = _pairs("m:rn rn:m l:1 o:0 cl:d i:l vv:w w:vv s:5 u:v h:b e:c a:o t:f")


def misspell(rng: np.random.Generator, names: Texts, where: Flags) -> Texts:
    """``names`` with one slip of the keyboard (60 %), of the ear (25 %) or of a scanner (15 %) in each name told."""
    result = names.copy()
    places = np.flatnonzero(where)
    kinds, draws = pick(rng, np.array([0.60, 0.25, 0.15]), len(places)).tolist(), rng.random((len(places), 3))
    for place, kind, draw in zip(places.tolist(), kinds, draws, strict=True):
        name = result[place]
        if name:
            slip = _keyboard(name, draw) if kind == 0 else _replaced(name, _SOUNDS if kind == 1 else _SHAPES, draw)
            result[place] = slip
    return result


def _keyboard(name: str, draw: Reals) -> str:
    """A letter left out, doubled, exchanged with its neighbour or with one beside it on the keyboard."""
    at = min(int(draw[0] * len(name)), len(name) - 1)
    how = int(draw[1] * 4)
    if how == 0 and len(name) > 2:
        return name[:at] + name[at + 1 :]
    if how == 1:
        return name[:at] + name[at] + name[at:]
    if how == 2 and at + 1 < len(name) and name[at] != name[at + 1]:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    beside = _KEYS.get(name[at].lower(), "e")
    letter = beside[int(draw[2] * len(beside))]
    return name[:at] + (letter.upper() if name[at].isupper() else letter) + name[at + 1 :]


def _replaced(name: str, table: tuple[tuple[str, str], ...], draw: Reals) -> str:
    """The first of the pairs that fits, starting at a random one; a slip of the keyboard where none does."""
    start, low = int(draw[0] * len(table)), name.lower()
    for step in range(len(table)):
        old, new = table[(start + step) % len(table)]
        at = low.find(old, 1)
        if at > 0:
            return name[:at] + (new.upper() if name.isupper() else new) + name[at + len(old) :]
    return _keyboard(name, draw)


def familiar_form(rng: np.random.Generator, names: Texts, where: Flags) -> Texts:
    """``names`` with a familiar form instead, where told and where there is one."""
    forms = name_book().familiar
    result = names.copy()
    places = np.flatnonzero(where)
    for place, draw in zip(places.tolist(), rng.random(len(places)).tolist(), strict=True):
        choice = forms.get(result[place])
        if choice:
            result[place] = choice[int(draw * len(choice))]
    return result


def noisy_names(rng: np.random.Generator, forename: Texts, surname: Texts, rates: Rates) -> tuple[Texts, Texts]:
    """Names as one clerk wrote them: familiar forms, misspellings of either part, parts swapped."""
    size = len(forename)
    # Not every name has a familiar form: the share that has one is asked more often.
    has_form = np.array([name in name_book().familiar for name in forename], dtype=bool)
    share = rates.nickname / max(float(has_form.mean()), rates.nickname) if size else 0.0
    forename = familiar_form(rng, forename, has_form & happens(rng, share, size))
    slips, in_surname = happens(rng, rates.typo, size), happens(rng, 0.5, size)
    forename = misspell(rng, forename, slips & ~in_surname)
    surname = misspell(rng, surname, slips & in_surname)
    swapped = happens(rng, rates.swapped_names, size)
    return texts(np.where(swapped, surname, forename)), texts(np.where(swapped, forename, surname))


def noisy_births(rng: np.random.Generator, birth: Ints, rates: Rates) -> Ints:
    """Birth days as written down: one digit off, day and month swapped, the year off by up to five, or anything."""
    size = len(birth)
    none = 1 - rates.dob_edit - rates.dob_swap - rates.dob_year - rates.dob_other
    kind = pick(rng, np.array([none, rates.dob_edit, rates.dob_swap, rates.dob_year, rates.dob_other]), size)
    result = birth.copy()
    changes: tuple[Callable[[np.random.Generator, Ints], Ints], ...] = (_one_edit, _day_month_swap, _year_off, _other_day)
    for n, change in enumerate(changes, start=1):
        result[kind == n] = change(rng, birth[kind == n])
    return result


def split_days(days: Ints) -> tuple[Ints, Ints, Ints]:
    """Year, month and day of the month."""
    date = days.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    return (
        date.astype("datetime64[Y]").astype(np.int64) + 1970,
        month.astype(np.int64) % 12 + 1,
        (date - month).astype(np.int64) + 1,
    )


def join_days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Days since 1970-01-01; a day that its month lacks runs into the next one."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64) + day - 1


def _one_edit(rng: np.random.Generator, days: Ints) -> Ints:
    """One digit differs: of the day, the month or the year."""
    year, month, day = split_days(days)
    part = rng.integers(0, 3, size=len(days))
    part = np.where((part == 1) & (day > 28), 0, part)
    other_day = np.where(day == 30, 20, np.where((day % 10 == 9) | (day >= 28), day - 1, day + 1))
    other_month = np.where(month < 9, month + 1, np.where(month == 9, 8, np.where(month == 12, 11, month + 1)))
    other_year = year - year % 10 + (year % 10 + rng.integers(1, 10, size=len(days))) % 10
    day = np.where(part == 0, other_day, day)
    return join_days(np.where(part == 2, other_year, year), np.where(part == 1, other_month, month), day)


def _day_month_swap(rng: np.random.Generator, days: Ints) -> Ints:
    year, month, day = split_days(days)
    possible = day <= 12
    return np.where(possible, join_days(year, np.where(possible, day, 1), month), _one_edit(rng, days))


def _year_off(rng: np.random.Generator, days: Ints) -> Ints:
    year, month, day = split_days(days)
    off = rng.integers(1, 6, size=len(days)) * np.where(rng.random(len(days)) < 0.5, -1, 1)
    return join_days(year + off, month, np.minimum(day, 28))


def _other_day(rng: np.random.Generator, days: Ints) -> Ints:
    return days + (rng.normal(0, 8, size=len(days)) * YEAR).astype(np.int64)


def blank(values: Texts, where: Flags) -> Texts:
    """``values`` with nothing where told."""
    result = values.copy()
    result[where] = ""
    return result

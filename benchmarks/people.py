"""A flat set of people for the linking benchmark: seeded, the same rows however they are cut, made batch by batch on executors."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bits = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

SCHEMA = (
    "record_id string, source string, first_name string, middle_name string, surname string, dob string, postcode string, sex string, "
    "person long"
)
RECORDS_OF_A_PERSON = np.array([1, 1, 1, 1, 2, 2, 2, 3, 3, 4])  # 2 on average
_ONSETS = np.array(["B", "BR", "C", "CH", "D", "F", "G", "GR", "H", "J", "K", "L", "M", "N", "P", "R", "S", "ST", "T", "W"])
_VOWELS = np.array(["A", "E", "I", "O", "U", "AI", "EE", "OU"])
_ENDS = np.array(["", "N", "R", "S", "L", "TON", "SON", "LEY", "T", "FORD"])
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FIRST_DAY, _DAYS = np.datetime64("1935-01-01"), 365 * 70


@dataclass(frozen=True)
class Town:
    """How many people there are and from how many names and postcodes they draw: words grow with people, dates do not.

    ``skewed`` is the share of records that have one surname and one date of birth.
    """

    records: int
    seed: int = 1
    skewed: float = 0.0

    @property
    def persons(self) -> int:
        """People whose records add up to about ``records``."""
        return self.records // 2

    @property
    def surnames(self) -> int:
        """Different surnames, before errors."""
        return max(200, self.records // 50)

    @property
    def forenames(self) -> int:
        """Different forenames, before errors."""
        return max(100, self.records // 250)

    @property
    def postcodes(self) -> int:
        """Different postcodes."""
        return max(100, self.records // 16)


def people(batches: Iterable[pa.RecordBatch], town: Town) -> Iterator[pa.RecordBatch]:
    """The records of the persons in the column ``id``."""
    for batch in batches:
        if batch.num_rows:
            yield records_of(batch.column("id").to_numpy(), town)


def records_of(persons: Ints, town: Town) -> pa.RecordBatch:
    """All records of these persons; each value follows from the seed, the person and the number of the record alone."""
    count = RECORDS_OF_A_PERSON[_draw(persons, 0, 0, town.seed) % np.uint64(len(RECORDS_OF_A_PERSON))]
    person = np.repeat(persons, count)
    first = np.cumsum(count) - count
    number = np.arange(len(person)) - np.repeat(first, count)

    def of_person(field: int) -> Bits:
        return _draw(person, 0, field, town.seed)

    def of_record(field: int) -> Bits:
        return _draw(person, number + 1, field, town.seed)

    surname = _words(_skewed(of_person(1), town.surnames), 7)
    forename = _words(_skewed(of_person(2), town.forenames), 11)
    middle = _words(_skewed(of_person(3), town.forenames), 11)
    day = (of_person(4) % np.uint64(_DAYS)).astype(np.int64)
    moved = _share(of_record(5)) < 0.25
    home = np.where(moved, of_record(6), of_person(6)) % np.uint64(town.postcodes)
    hot = _share(of_record(7)) < town.skewed
    surname = np.where(hot, "HOTTON", surname)
    day = np.where(hot, 12_345, day)
    # one digit of the date wrong now and then, as a month more or a day less
    day = day + np.where(_share(of_record(8)) < 0.06, (of_record(9) % np.uint64(61)).astype(np.int64) - 30, 0)
    dob = (_FIRST_DAY + day).astype("datetime64[D]").astype(str)
    sex = np.where((of_person(18) % np.uint64(2) == 1) ^ (_share(of_record(20)) < 0.01), "F", "M")
    number_text = np.char.mod("%02d", number)
    columns = {
        "record_id": pa.array(_ids(person, number_text, town.seed)),
        "source": pa.array(np.full(len(person), "people")),
        "first_name": _missing(_typos(forename, of_record(10), 0.1), _share(of_record(11)) < 0.01),
        "middle_name": _missing(_typos(middle, of_record(12), 0.1), _share(of_record(13)) < 0.4),
        "surname": _missing(_typos(surname, of_record(14), 0.1 * (1 - town.skewed)), _share(of_record(15)) < 0.005),
        "dob": _missing(dob, _share(of_record(16)) < 0.02),
        "postcode": _missing(_postcodes(home.astype(np.int64)), _share(of_record(17)) < 0.1),
        "sex": _missing(sex, _share(of_record(19)) < 0.02),
        "person": pa.array(person),
    }
    return pa.RecordBatch.from_pydict(columns)


def _draw(person: Ints, number: Ints | int, field: int, seed: int) -> Bits:
    """64 random bits a row, by splitmix64 of what the row is."""
    with np.errstate(over="ignore"):
        x = person.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.asarray(number, dtype=np.uint64) * np.uint64(0xD1B54A32D192ED03)
        x = x + np.uint64(field * 0xABC98388FB8FAC03 & 2**64 - 1) + np.uint64(seed * 0x8CB92BA72F3D8DD7 & 2**64 - 1)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: Bits = x ^ (x >> np.uint64(31))
    return mixed


def _share(bits: Bits) -> npt.NDArray[np.float64]:
    share: npt.NDArray[np.float64] = (bits >> np.uint64(11)).astype(np.float64) / 2.0**53
    return share


def _skewed(bits: Bits, words: int) -> Ints:
    """A word's number; small numbers far more often than large ones, as names are."""
    index: Ints = (words * _share(bits) ** 3).astype(np.int64)
    return index


def _words(index: Ints, turn: int) -> npt.NDArray[np.str_]:
    """A pronounceable word for each number."""
    mixed = index * turn + turn
    word = _ONSETS[mixed % 20]
    for part in (_VOWELS[mixed // 20 % 8], _ONSETS[mixed // 160 % 20], _VOWELS[(mixed // 3_200 + index) % 8], _ENDS[mixed // 25_600 % 10]):
        word = np.char.add(word, part)
    rest = mixed // 256_000
    return np.where(rest > 0, np.char.add(word, _ONSETS[rest % 20]), word)


def _postcodes(home: Ints) -> npt.NDArray[np.str_]:
    district, unit = home // 400, home % 400
    letters = np.array(list(_LETTERS))
    area = np.char.add(letters[district % 26], letters[district // 26 % 26])
    code = np.char.add(np.char.add(area, (district // 676 % 90 + 10).astype(str)), (unit // 40 % 10).astype(str))
    return np.char.add(np.char.add(code, letters[unit % 23]), letters[unit * 7 % 26])


def _ids(person: Ints, number: npt.NDArray[np.str_], seed: int) -> npt.NDArray[np.str_]:
    """26 characters that say nothing, as the tokens of real records."""
    mixed = _draw(person, 0, 99, seed)
    text = np.array([f"{value:020d}" for value in mixed.tolist()])
    return np.char.add(np.char.add("R", text), np.char.add("X00", number))


def _typos(words: npt.NDArray[np.str_], bits: Bits, share: float) -> npt.NDArray[np.str_]:
    """A letter left out, doubled, changed or swapped with the next one, in this share of the words."""
    chosen = np.flatnonzero(_share(bits) < share)
    changed = words.astype(object)
    for row, draw in zip(chosen.tolist(), (bits[chosen] & np.uint64(0xFFFFF)).tolist(), strict=True):
        changed[row] = _CHANGES[draw % 4](words[row], draw // 4 % max(1, len(words[row]) - 1), _LETTERS[draw // 64 % 26])
    return changed.astype(str)


_CHANGES: tuple[Callable[[str, int, str], str], ...] = (
    lambda word, at, letter: word[:at] + word[at + 1 :],
    lambda word, at, letter: word[: at + 1] + word[at:],
    lambda word, at, letter: word[:at] + letter + word[at + 1 :],
    lambda word, at, letter: word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
)


def _missing(values: npt.NDArray[np.str_], missing: npt.NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), pa.array(values, pa.string()))

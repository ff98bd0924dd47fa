"""Numbers that a case or an arrest carries from the police to every court: URN, ASN; and keys that look like UUIDs."""

import numpy as np
import pyarrow as pa

from docketlink.synthetic.draws import Ints, Texts, texts
from docketlink.synthetic.identifiers import CHECK_LETTERS

_UNIT_LETTERS = np.array([a + b for a in CHECK_LETTERS for b in CHECK_LETTERS])
_URNS = len(_UNIT_LETTERS) * 100_000  # a year
_SPREAD = 7_368_787  # coprime to the number of URNs, so that different cases keep different ones
_ODD = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it modulo 2^64 keeps numbers apart
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_DASHES = [8, 13, 18, 23]
_DIGITS = [place for place in range(36) if place not in _DASHES]


def case_urn(force: Ints, urn: Ints) -> Texts:
    """URNs as 01MP1097424 (force, unit, serial, year) of the numbers that ``World`` gives to cases; different for each."""
    year, number = np.divmod(urn, 10**9)
    unit, serial = np.divmod(number * _SPREAD % _URNS, 100_000)
    columns = zip(force.tolist(), _UNIT_LETTERS[unit].tolist(), serial.tolist(), year.tolist(), strict=True)
    return texts([f"{f % 63 + 1:02d}{u}{s:05d}{y:02d}" for f, u, s, y in columns])


def arrest_number(force: Ints, urn: Ints, person: Ints) -> Texts:
    """Arrest or summons numbers of 20 characters (year, force, unit, running number, check letter): one a person and case."""
    year, number = np.divmod(urn, 10**9)
    unit, place = np.divmod(person, 1_000)
    running = number * 1_000 + place
    letter = np.array(list(CHECK_LETTERS))[(year * 10**9 + running + unit) % 23].tolist()
    columns = zip(year.tolist(), force.tolist(), unit.tolist(), running.tolist(), letter, strict=True)
    return texts([f"{y:02d}{f % 63 + 1:02d}{u:04d}{r:011d}{c}" for y, f, u, r, c in columns])


def uuids(rng: np.random.Generator, block: int, kind: int, count: int) -> pa.Array:
    """UUIDs of version 4: half of each is a scrambled kind, block and place, so that no two are equal, the rest is chance."""
    own = (np.uint64((kind << 56) | (block << 32)) + np.arange(count, dtype=np.uint64)) * _ODD
    chance = rng.integers(0, 2**62, size=count, dtype=np.uint64)
    pair = np.empty((count, 2), dtype=">u8")
    pair[:, 0] = (own >> np.uint64(16) << np.uint64(16)) | np.uint64(0x4000) | (chance & np.uint64(0xFFF))
    upper = np.uint64(0x8000) | (chance >> np.uint64(12) & np.uint64(0x3FFF))
    pair[:, 1] = upper << np.uint64(48) | (own & np.uint64(0xFFFF)) << np.uint64(32) | chance >> np.uint64(30)
    byte = pair.view(np.uint8).reshape(count, 16)
    letters = np.full((count, 36), ord("-"), dtype=np.uint8)
    letters[:, _DIGITS] = np.stack([_HEX[byte >> 4], _HEX[byte & 15]], axis=2).reshape(count, 32)
    offsets = np.arange(0, 36 * count + 1, 36, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(letters))

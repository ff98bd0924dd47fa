"""Spells of one person from the overlapping ones that sources record; runs on executors.

Days are whole numbers since 1970 and both ends count. The rules are those of docs/longitudinal.md: spells of one class that overlap or
touch are united; among classes of custody the severer one owns a day, and what is left of the other is cut into pieces.
"""

import hashlib
from base64 import b32encode
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import pyarrow as pa

# Legal statuses of custody, the severest first: it owns a day that several claim.
SEVERITY = ("indeterminate", "sentenced", "recall", "unsentenced", "unknown", "remand", "civil", "immigration")
_TYPE_OF = {"remand": "remand", "unsentenced": "remand", "recall": "recall", "civil": "civil_custody", "immigration": "immigration"}
_ROWS = 10_000  # of a batch that leaves

SPELL = pa.schema(
    [
        ("spell_id", pa.string()),
        ("person_id", pa.string()),
        ("spell_type", pa.string()),
        ("legal_status", pa.string()),
        ("legal_status_raw", pa.string()),
        ("area_code", pa.string()),
        ("source", pa.string()),
        ("start_date", pa.date32()),
        ("start_reason", pa.string()),
        ("end_date", pa.date32()),
        ("end_reason", pa.string()),
        ("is_censored", pa.bool_()),
        ("censor_date", pa.date32()),
        ("last_day", pa.date32()),
        ("days", pa.int32()),
        ("resolved_from", pa.list_(pa.string())),
        ("resolution", pa.string()),
        ("parent_spell_id", pa.string()),
        ("flag_arr", pa.list_(pa.string())),
    ]
)


class Recorded(NamedTuple):
    """A spell as a source records it: the first of ``start <= last``, and how it ended; ``is_open`` where nobody knows that."""

    key: str
    kind: str  # licence, supervision, requirement, or a legal status of custody
    start: int
    last: int
    is_open: bool = False
    end_reason: str = "recorded"
    flags: tuple[str, ...] = ()
    status_raw: str | None = None
    area: str | None = None
    source: str = ""


class Spell(NamedTuple):
    """A resolved spell, and the recorded one that it takes its facts from."""

    spell_id: str
    kind: str
    start: int
    last: int
    is_open: bool
    start_reason: str
    end_reason: str
    keys: tuple[str, ...]
    resolution: str
    parent: str | None
    opener: Recorded
    flags: tuple[str, ...]


def resolve(recorded: Iterable[Recorded]) -> list[Spell]:
    """The spells of one person, by kind and day; the order of ``recorded`` does not matter and each of its keys is in one of them."""
    by_kind: dict[str, list[Recorded]] = defaultdict(list)
    for spell in sorted(recorded, key=lambda r: (r.start, r.key)):
        by_kind[spell.kind].append(spell)
    custody = [kind for kind in SEVERITY if kind in by_kind]
    spells = _resolve_together([by_kind[kind] for kind in custody])
    for kind in sorted(set(by_kind) - set(custody)):
        spells += _resolve_together([by_kind[kind]])
    return sorted(spells, key=lambda s: (s.kind, s.start))


def spell_type(kind: str) -> str:
    """The type of spell that a kind is: custody for sentences, and the kind itself outside of custody."""
    return _TYPE_OF.get(kind, "custody" if kind in SEVERITY else kind)


_Piece = tuple[int, int]  # first and last day


def _resolve_together(classes: Sequence[list[Recorded]]) -> list[Spell]:
    """Spells of classes that exclude each other, the severest first; each is in order of start and key."""
    taken: list[_Piece] = []
    owned: list[list[_Piece]] = []
    for members in classes:
        owned.append(_without(_united(members), taken))
        taken = _joined(sorted([*taken, *owned[-1]]))
    holder: dict[str, tuple[int, int]] = {}  # key of a recorded spell to class and piece
    of_piece: dict[tuple[int, int], list[Recorded]] = defaultdict(list)
    for rank, members in enumerate(classes):
        for spell in members:
            home = _home(spell, rank, owned)
            holder[spell.key] = home
            of_piece[home].append(spell)
    return [
        _spell(members, piece, of_piece[rank, n], lambda key: of_piece[holder[key]])
        for rank, (members, pieces) in enumerate(zip(classes, owned, strict=True))
        for n, piece in enumerate(pieces)
    ]


def _home(spell: Recorded, rank: int, owned: Sequence[list[_Piece]]) -> tuple[int, int]:
    """The piece that accounts for a recorded spell: the first one of its class on its days, or else the one that owns its first day."""
    n = _first_from(owned[rank], spell.start)
    if n < len(owned[rank]) and owned[rank][n][0] <= spell.last:
        return rank, n
    for severer in range(rank):
        n = _first_from(owned[severer], spell.start)
        if n < len(owned[severer]) and owned[severer][n][0] <= spell.start:
            return severer, n
    raise AssertionError("every day of a recorded spell is owned")


def _first_from(pieces: list[_Piece], day: int) -> int:
    """Position of the first piece that ends on ``day`` or later."""
    n = bisect_right(pieces, (day, 2**62)) - 1
    return n if n >= 0 and pieces[n][1] >= day else n + 1


def _spell(members: list[Recorded], piece: _Piece, held: list[Recorded], beside: Callable[[str], list[Recorded]]) -> Spell:
    """The spell of a piece that accounts for the recorded ones ``held``; ``beside`` are those held together with one of another piece."""
    first, last = piece
    kind = members[0].kind
    own = [spell for spell in held if spell.kind == kind]
    here = [spell for spell in members[: bisect_right(members, last, key=lambda r: r.start)] if spell.last >= first]
    opener = (own or here)[0]
    parent = None if own else _id(kind, next(spell.key for spell in beside(opener.key) if spell.kind == kind), None)
    ends = [spell for spell in here if spell.last == last] if all(spell.last <= last for spell in here) else []
    ended = min(ends, key=lambda r: (not r.is_open, r.key)) if ends else None
    cut_start = any(spell.start < first for spell in here)
    resolution = "tail" if parent else "united" if len(held) > 1 else "cut" if cut_start or ended is None else "kept"
    return Spell(
        spell_id=_id(kind, opener.key, first if parent else None),
        kind=kind,
        start=first,
        last=last,
        is_open=ended is not None and ended.is_open,
        start_reason="cut" if cut_start else "recorded",
        end_reason="cut" if ended is None else ended.end_reason,
        keys=tuple(sorted(spell.key for spell in held)),
        resolution=resolution,
        parent=parent,
        opener=opener,
        flags=tuple(sorted({flag for spell in own for flag in spell.flags})),
    )


def _id(kind: str, key: str, start: int | None) -> str:
    text = f"{kind}\x1f{key}" if start is None else f"{kind}\x1f{key}\x1f{start}"
    return b32encode(hashlib.sha256(text.encode()).digest()[:16]).decode().rstrip("=").lower()


def _united(members: Sequence[Recorded]) -> list[_Piece]:
    return _joined([(spell.start, spell.last) for spell in members])


def _joined(ordered: Sequence[_Piece]) -> list[_Piece]:
    """Days of ordered pieces, those that overlap or follow each other without a day between in one."""
    joined: list[_Piece] = []
    for first, last in ordered:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def _without(pieces: Sequence[_Piece], taken: Sequence[_Piece]) -> list[_Piece]:
    """What is left of ``pieces`` when the days of ``taken`` are gone; both are in order and disjoint."""
    left: list[_Piece] = []
    n = 0
    for first, last in pieces:
        while n < len(taken) and taken[n][1] < first:
            n += 1
        at, k = first, n
        while k < len(taken) and taken[k][0] <= last:
            if taken[k][0] > at:
                left.append((at, taken[k][0] - 1))
            at = max(at, taken[k][1] + 1)
            k += 1
        if at <= last:
            left.append((at, last))
    return left


def spell_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """SPELL rows of the people in ``batches``, whose rows come person by person."""
    made: list[tuple[Any, ...]] = []
    for person_id, rows in groupby(_rows(batches), key=lambda row: row[0]):
        made += (_row(person_id, spell) for spell in resolve(recorded for _, recorded in rows))
        if len(made) >= _ROWS:
            yield _batch(made)
            made = []
    if made:
        yield _batch(made)


_FIELDS = ("event_id", "kind", "start_day", "last_day", "is_open", "end_reason", "flag_arr", "legal_status_raw", "area_code", "source")


def _rows(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[str, Recorded]]:
    for batch in batches:
        columns = [batch.column(batch.schema.get_field_index(name)).to_pylist() for name in _FIELDS]
        people = batch.column(batch.schema.get_field_index("person_id")).to_pylist()
        for person_id, *values in zip(people, *columns, strict=True):
            values[6] = tuple(values[6])
            yield person_id, Recorded(*values)


def _row(person_id: str, spell: Spell) -> tuple[Any, ...]:
    opener = spell.opener
    return (
        spell.spell_id, person_id, spell_type(spell.kind), spell.kind if spell.kind in SEVERITY else None, opener.status_raw, opener.area,
        opener.source, spell.start, spell.start_reason, None if spell.is_open else spell.last, spell.end_reason, spell.is_open,
        spell.last if spell.is_open else None, spell.last, spell.last - spell.start + 1, list(spell.keys), spell.resolution, spell.parent,
        list(spell.flags),
    )  # fmt: skip


def _batch(rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [_array(column, field.type) for column, field in zip(columns, SPELL, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SPELL)


def _array(values: Sequence[Any], kind: Any) -> pa.Array:
    return pa.array(values, pa.int32()).cast(kind) if kind == pa.date32() else pa.array(values, kind)

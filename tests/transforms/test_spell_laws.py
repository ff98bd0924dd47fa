"""Laws of spell resolution, on drawn lives; no Spark."""

from collections import Counter

from docketlink.transforms.kernel_spells import SEVERITY, Recorded, Spell, resolve, spell_type
from hypothesis import given, settings
from hypothesis import strategies as st

KINDS = ("sentenced", "recall", "remand", "indeterminate", "licence", "requirement")
_SPANS = st.tuples(st.sampled_from(KINDS), st.integers(0, 60), st.integers(0, 25), st.booleans())
LIVES = st.lists(_SPANS, max_size=14).map(
    lambda spans: [Recorded(f"e{n:02d}", kind, start, start + length, open_) for n, (kind, start, length, open_) in enumerate(spans)]
)


def days(spells: list[Recorded] | list[Spell], *kinds: str) -> set[int]:
    return {day for spell in spells if spell.kind in kinds for day in range(spell.start, spell.last + 1)}


def shape(spells: list[Spell]) -> list[tuple[str, int, int, bool]]:
    return [(s.kind, s.start, s.last, s.is_open) for s in spells]


@settings(deadline=None)
@given(LIVES)
def test_every_recorded_spell_is_in_exactly_one(life: list[Recorded]) -> None:
    assert Counter(key for spell in resolve(life) for key in spell.keys) == Counter(r.key for r in life)


@settings(deadline=None)
@given(LIVES)
def test_spells_of_one_kind_never_overlap_nor_do_two_of_custody(life: list[Recorded]) -> None:
    found = resolve(life)
    for kinds in (SEVERITY, *((kind,) for kind in KINDS)):
        claimed = Counter(day for spell in found if spell.kind in kinds for day in range(spell.start, spell.last + 1))
        assert not [day for day, times in claimed.items() if times > 1]


@settings(deadline=None)
@given(LIVES)
def test_no_day_of_custody_or_supervision_is_won_or_lost(life: list[Recorded]) -> None:
    found = resolve(life)
    assert days(found, *SEVERITY) == days(life, *SEVERITY)
    for kind in ("licence", "requirement"):
        assert days(found, kind) == days(life, kind)


@settings(deadline=None)
@given(LIVES)
def test_the_severer_status_owns_a_day(life: list[Recorded]) -> None:
    found = resolve(life)
    for spell in found:
        if spell.kind in SEVERITY:
            severer = days(life, *SEVERITY[: SEVERITY.index(spell.kind)])
            assert not severer & set(range(spell.start, spell.last + 1))


@settings(deadline=None)
@given(LIVES, st.randoms())
def test_the_order_of_the_records_does_not_matter(life: list[Recorded], random: object) -> None:
    shuffled = list(life)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert resolve(shuffled) == resolve(life)


@settings(deadline=None)
@given(LIVES)
def test_resolving_what_is_resolved_changes_nothing(life: list[Recorded]) -> None:
    once = resolve(life)
    again = resolve([Recorded(s.spell_id, s.kind, s.start, s.last, s.is_open) for s in once])
    assert shape(again) == shape(once)


@settings(deadline=None)
@given(LIVES)
def test_ids_are_unique_and_a_tail_names_a_spell_of_its_kind(life: list[Recorded]) -> None:
    found = {spell.spell_id: spell for spell in resolve(life)}
    assert len(found) == len(resolve(life))
    for spell in found.values():
        assert (spell.parent is not None) == (spell.resolution == "tail")
        if spell.parent:
            assert found[spell.parent].kind == spell.kind
            assert found[spell.parent].start < spell.start


@settings(deadline=None)
@given(LIVES)
def test_a_spell_that_somebody_cut_is_not_open(life: list[Recorded]) -> None:
    assert not [spell for spell in resolve(life) if spell.is_open and spell.end_reason == "cut"]


def test_a_sentence_within_a_remand_cuts_it_in_two() -> None:
    found = resolve([Recorded("a", "remand", 0, 30), Recorded("b", "sentenced", 10, 20)])
    assert [(s.kind, s.start, s.last, s.resolution, s.keys) for s in found] == [
        ("remand", 0, 9, "cut", ("a",)),
        ("remand", 21, 30, "tail", ()),
        ("sentenced", 10, 20, "kept", ("b",)),
    ]
    assert found[1].parent == found[0].spell_id


def test_a_remand_under_a_sentence_is_absorbed_and_custody_beside_a_licence_stays() -> None:
    found = resolve([Recorded("a", "remand", 12, 15), Recorded("b", "sentenced", 10, 20), Recorded("c", "licence", 15, 40, is_open=True)])
    assert [(s.kind, s.start, s.last, s.keys, s.is_open) for s in found] == [
        ("licence", 15, 40, ("c",), True),
        ("sentenced", 10, 20, ("a", "b"), False),
    ]


def test_spells_a_day_apart_are_one_and_two_days_apart_are_two() -> None:
    found = resolve([Recorded("a", "licence", 0, 4), Recorded("b", "licence", 5, 9), Recorded("c", "licence", 11, 12)])
    assert [(s.start, s.last, s.resolution) for s in found] == [(0, 9, "united"), (11, 12, "kept")]


def test_a_person_with_five_thousand_records_and_a_gap_of_ten_years() -> None:
    first = [Recorded(f"a{n}", KINDS[n % 4], n * 3, n * 3 + 4) for n in range(2_500)]
    later = [Recorded(f"b{n}", KINDS[n % 4], 11_200 + n * 3, 11_200 + n * 3 + 4) for n in range(2_500)]
    found = resolve([*first, *later])
    assert sum(len(s.keys) for s in found) == 5_000
    gap = 11_200 - max(s.last for s in found if s.last < 11_200)
    assert gap > 3_650  # nothing is filled in
    assert {spell_type(s.kind) for s in found} == {"custody", "recall", "remand"}

"""What moved between two spines, held against sets of pairs in plain Python."""

import random
from collections import defaultdict
from itertools import combinations

from docketlink.linkage.comparison import compare_spines


def drawn(draw: random.Random, records: list[int]) -> list[tuple[str, str, str, str]]:
    return [(f"r{i}", *(f"{t}{draw.randrange(n)}" for t, n in (("h", 30), ("m", 15), ("l", 6)))) for i in records]


def people(rows: list[tuple[str, str, str, str]], column: int) -> dict[str, frozenset[str]]:
    members = defaultdict(set)
    for row in rows:
        members[row[column]].add(row[0])
    return {person: frozenset(who) for person, who in members.items()}


def pairs(clusters: dict[str, frozenset[str]]) -> set[tuple[str, ...]]:
    return {pair for who in clusters.values() for pair in combinations(sorted(who), 2)}


def test_people_pairs_and_sizes_are_those_of_sets(spark) -> None:
    draw = random.Random(3)
    rows = (drawn(draw, [*range(60)]), drawn(draw, [*range(5, 64)]))
    # one person of two records whose id changed, and one record that is alone in both
    rows[0].extend([("x1", "hx", "mx", "lx"), ("x2", "hx", "mx", "lx"), ("y", "hy", "my", "ly")])
    rows[1].extend([("x1", "hn", "mn", "ln"), ("x2", "hn", "mn", "ln"), ("y", "hy", "my", "ly")])
    schema = "record_id string, person_id_high string, person_id string, person_id_low string"
    found = compare_spines(*(spark.createDataFrame(side, schema) for side in rows)).collect()
    for row in found:
        column = {"high": 1, "medium": 2, "low": 3}[row.threshold]
        was, now = (people(side, column) for side in rows)
        assert (row.records_before, row.records_after) == (63, 62)
        assert (row.people_before, row.people_after) == (len(was), len(now))
        assert row.people_same == len({*was.values()} & {*now.values()}) >= 2
        assert (row.largest_before, row.largest_after) == (max(map(len, was.values())), max(map(len, now.values())))
        assert row.linked_after == sum(len(who) for who in now.values() if len(who) > 1)
        assert (row.pairs_before, row.pairs_after, row.pairs_kept) == (len(pairs(was)), len(pairs(now)), len(pairs(was) & pairs(now)))
        person = {r[0]: r[column] for r in rows[0]}
        assert row.records_moved == sum(r[0] in person and person[r[0]] != r[column] for r in rows[1]) > 0
    assert {row.threshold for row in found} == {"high", "medium", "low"}

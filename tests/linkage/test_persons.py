"""Laws of persons: an unchanged cluster keeps its id, the same input changes none, ids are never reused, lineage replays."""

import random
from collections import Counter, defaultdict

import pytest
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import PAIR_OVERRIDE, PERSON_CLUSTER, PERSON_LINEAGE, PERSON_SPINE
from docketlink.linkage.lineage import causes, replay
from docketlink.linkage.matching import keep_persons
from docketlink.linkage.persons import Assigned, assign_person_ids
from pyspark.sql import functions as F

THRESHOLDS = ("high", "medium", "low")
PERSON_COLUMNS = {"high": "person_id_high", "medium": "person_id", "low": "person_id_low"}
Clusters = dict[str, list[set[str]]]  # at each threshold


def conformed(spark, table, rows: list[dict]):
    """The table from the columns that matter here; the others are NULL."""
    given = [f for f in table.fields if rows and f.name in rows[0]] or [*table.fields]
    schema = ", ".join(f"{f.name} {f.type.simpleString()}" for f in given)
    frame = spark.createDataFrame([tuple(row[f.name] for f in given) for row in rows], schema)
    return table.conform(frame.select("*", *(F.lit(None).cast(f.type).alias(f.name) for f in table.fields if f not in given)))


def minter(version: int):
    return lambda frame, anchor, output: frame.withColumn(output, F.sha2(F.concat_ws("|", F.col(anchor), F.lit(str(version))), 256))


def assign(
    spark, clusters: Clusters, previous, version: int, *, status: dict[str, str], thin: set[str], best=None, why=None, **said
) -> Assigned:
    """``best`` gives the strongest edge of a record inside its cluster, and ``why`` the cause of its change."""
    rows = [
        {
            "record_id": record,
            "threshold": threshold,
            "cluster_id": min(cluster),
            "cluster_size": len(cluster),
            "best_record_id": (best or {}).get(record, (None, None))[0],
            "best_match_weight": (best or {}).get(record, (None, None))[1],
            "flag_attached": len(cluster) > 3,
        }
        for threshold in THRESHOLDS
        for cluster in clusters[threshold]
        for record in cluster
    ]
    everyone = sorted({row["record_id"] for row in rows})
    records = [
        {
            "record_id": record,
            "source": "prison",
            "link_status": status.get(record, "linkable"),
            "linkability": "insufficient" if record in thin else "sufficient",
        }
        for record in everyone
    ]
    assigned = assign_person_ids(
        conformed(spark, PERSON_CLUSTER, rows),
        conformed(spark, PERSON_RECORD, records),
        previous,
        spine_version=version,
        mint=minter(version),
        why=spark.createDataFrame([*(why or {}).items()], "record_id string, cause string"),
        **said,
    )
    return Assigned(assigned.person_spine.localCheckpoint(), assigned.person_lineage.localCheckpoint())


def by_record(spine) -> dict[str, dict]:
    rows = PERSON_SPINE.conform(spine).toArrow().to_pylist()
    assert len({row["record_id"] for row in rows}) == len(rows)
    return {row["record_id"]: row for row in rows}


def split_up(words: str) -> list[set[str]]:
    """``"ab c"`` is a cluster of a and b, and one of c."""
    return [set(word) for word in words.split()]


# Each scenario: clusters before and after (one letter, one record), and per record that changed: change, reason.
SCENARIOS = {
    "an unchanged cluster keeps its id": ("abc", "abc", {}),
    "a new record joins a person": ("ab", "abc", {"c": ("move", "new_record")}),
    "new records make a new person": ("ab", "ab cd", {"c": ("create", "new_record"), "d": ("create", "new_record")}),
    "a merge keeps the id of the larger person": ("abc de", "abcde", {"d": ("merge", "new_evidence"), "e": ("merge", "new_evidence")}),
    "after a split the larger part keeps the id": ("abc", "ab c", {"c": ("split", "new_evidence")}),
    "a record goes from one person to another": ("abc de", "ab cde", {"c": ("move", "new_evidence")}),
    "a record that is gone retires": ("abc", "ab", {"c": ("retire", "deleted_record")}),
    "a person of one record retires with it": ("ab c", "ab", {"c": ("retire", "deleted_record")}),
    "the larger share wins over the smaller id": ("abcd ef", "ab cdef", {"c": ("move", "new_evidence"), "d": ("move", "new_evidence")}),
    "a person whose parts all join others is merged": (
        "ab cde fgh",
        "acde bfgh",
        {"a": ("merge", "new_evidence"), "b": ("merge", "new_evidence")},
    ),
    "a part kept by nobody is split off": ("abcdef", "abc de f", {"d": ("split",) * 2, "e": ("split",) * 2, "f": ("split",) * 2}),
    # X marks a record that is deleted in the second version
    "a deleted record leaves the id with the living, also at a tie": ("Xy", "X y", {"X": ("split", "deleted_record")}),
    "a deleted record that was alone stays as it is": ("X y", "X y", {}),
}


def scenario_clusters(side: int) -> list[set[str]]:
    return [{f"{name}: {r}" for r in cluster} for name, sides in SCENARIOS.items() for cluster in split_up(sides[side])]


def drawn_clusters(seed: int) -> Clusters:
    """Random clusters of ninety records that nest; each version lacks some of the records."""
    draw = random.Random(seed)
    low, medium, high = defaultdict(set), defaultdict(set), defaultdict(set)
    for record in range(90):
        if draw.random() < 0.9:
            # the first label is shared by the versions, so that persons overlap in many ways
            key = (record // 9 if draw.random() < 0.6 else draw.randint(0, 9), draw.randint(0, 1), draw.randint(0, 1))
            for clusters, part in ((low, key[:1]), (medium, key[:2]), (high, key)):
                clusters[part].add(f"drawn-{record:02d}")
    return {"high": [*high.values()], "medium": [*medium.values()], "low": [*low.values()]}


def version_clusters(side: int, seed: int) -> Clusters:
    drawn = drawn_clusters(seed)
    return {threshold: scenario_clusters(side) + drawn[threshold] for threshold in THRESHOLDS}


BEFORE, AFTER = version_clusters(0, 1), version_clusters(1, 2)
DELETED = {r: "deleted" for cluster in AFTER["medium"] for r in cluster if r.endswith("X")}


@pytest.fixture(scope="module")
def first(spark) -> Assigned:
    return assign(spark, BEFORE, None, 1, status={}, thin=set())


@pytest.fixture(scope="module")
def second(spark, first) -> Assigned:
    return assign(spark, AFTER, first.person_spine, 2, status=DELETED, thin=set())


def changes(lineage, threshold: str) -> dict[str, tuple[str, str]]:
    rows = PERSON_LINEAGE.conform(lineage).toArrow().to_pylist()
    return {row["record_id"]: (row["change"], row["reason"]) for row in rows if row["threshold"] == threshold}


def test_every_scenario_of_change_has_its_lineage_at_every_threshold(second) -> None:
    expected = {}
    for name, (_, _, changed) in SCENARIOS.items():
        expected |= {f"{name}: {r}": ("split", "new_evidence") if what == ("split",) * 2 else what for r, what in changed.items()}
    for threshold in THRESHOLDS:
        found = changes(second.person_lineage, threshold)
        tied = {record for record in found if record.startswith("drawn")}
        assert {record: what for record, what in found.items() if record not in tied} == expected


def test_persons_of_a_threshold_are_its_clusters_and_nest(first, second) -> None:
    for assigned, clusters in ((first, BEFORE), (second, AFTER)):
        spine = by_record(assigned.person_spine)
        for threshold, column in PERSON_COLUMNS.items():
            person = defaultdict(set)
            for record, row in spine.items():
                person[row[column]].add(record)
            assert sorted(map(sorted, person.values())) == sorted(map(sorted, clusters[threshold]))
        for inner, outer in (("person_id_high", "person_id"), ("person_id", "person_id_low")):
            assert all(len(outers) == 1 for outers in _outer_ids(spine, inner, outer).values())


def _outer_ids(spine: dict[str, dict], inner: str, outer: str) -> dict[str, set[str]]:
    outers = defaultdict(set)
    for row in spine.values():
        outers[row[inner]].add(row[outer])
    return outers


def test_replaying_the_lineage_on_a_version_gives_the_next(first, second) -> None:
    replayed = {row.pop("record_id"): row for row in replay(first.person_spine, second.person_lineage).toArrow().to_pylist()}
    assert replayed == {record: {c: row[c] for c in PERSON_COLUMNS.values()} for record, row in by_record(second.person_spine).items()}


def test_the_first_version_creates_everyone(first) -> None:
    for threshold in THRESHOLDS:
        assert changes(first.person_lineage, threshold) == dict.fromkeys(by_record(first.person_spine), ("create", "new_record"))


def test_the_same_input_again_changes_nothing(spark, second) -> None:
    again = assign(spark, AFTER, second.person_spine, 3, status=DELETED, thin=set())
    assert by_record(again.person_spine) == by_record(second.person_spine)
    assert again.person_lineage.isEmpty()


def test_an_id_is_never_issued_again(spark, first, second) -> None:
    """Clusters that come back after they were gone get new ids, though their smallest record is the same."""
    third = assign(spark, BEFORE, second.person_spine, 3, status={}, thin=set())
    spines = [by_record(assigned.person_spine) for assigned in (first, second, third)]
    for column in PERSON_COLUMNS.values():
        ids = [{row[column] for row in spine.values()} for spine in spines]
        retired = ids[0] - ids[1]
        assert retired
        assert not retired & ids[2]
    assert not {row["person_id"] for row in spines[0].values()} & {row["person_id_high"] for row in spines[0].values()}


def test_link_status_and_evidence_of_a_record(spark) -> None:
    """A record alone says why; the evidence is that of its medium cluster."""
    medium = split_up("abcd hi j k l m n")
    status = {"k": "organisation", "l": "masked", "m": "local_authority", "n": "deleted"}
    best = {"a": ("b", 9.0), "h": ("i", -2.0)}
    spine = assign(spark, dict.fromkeys(THRESHOLDS, medium), None, 1, status=status, thin={"j", "h", "k"}, best=best).person_spine
    found = {
        record: (row["link_status"], row["cluster_size"], row["best_match_weight"], row["flag_attached"])
        for record, row in by_record(spine).items()
    }
    assert found == {
        "a": ("linked", 4, 9.0, True),
        **dict.fromkeys("bcd", ("linked", 4, None, True)),
        "h": ("linked", 2, -2.0, False),
        "i": ("linked", 2, None, False),
        "j": ("insufficient_evidence", 1, None, False),
        "k": ("organisation", 1, None, False),
        "l": ("masked", 1, None, False),
        "m": ("local_authority", 1, None, False),
        "n": ("deleted", 1, None, False),
    }


def test_lineage_tells_the_cause_and_the_deciding_edge(spark) -> None:
    """A decision explains the whole split or merge that it brings about; a record that changed explains its own move only."""
    before = dict.fromkeys(THRESHOLDS, split_up("abc de fg h ij"))
    after = dict.fromkeys(THRESHOLDS, split_up("ab c def g hx i j"))
    first = assign(spark, before, None, 1, status={}, thin=set())
    why = {"a": "override", "c": "override", "f": "changed_record"}
    best = {"f": ("e", 7.0), "x": ("h", 3.0)}
    second = assign(spark, after, first.person_spine, 2, status={}, thin=set(), best=best, why=why, otherwise="new_model")
    rows = {row["record_id"]: row for row in second.person_lineage.toArrow().to_pylist() if row["threshold"] == "medium"}
    told = {r: (row["change"], row["reason"], row["deciding_record_id"], row["deciding_weight"]) for r, row in rows.items()}
    assert told == {
        "c": ("split", "override", None, None),
        "f": ("move", "changed_record", "e", 7.0),
        "j": ("split", "new_model", None, None),
        "x": ("move", "new_record", "h", 3.0),
    }


def test_causes_of_change_are_decisions_and_changed_records(spark) -> None:
    def records(versions: dict[str, str]):
        rows = [{"record_id": r, "record_version": v, "link_status": "linkable"} for r, v in versions.items()]
        return conformed(spark, PERSON_RECORD, rows)

    def decisions(pairs: dict[str, str]):
        return conformed(spark, PAIR_OVERRIDE, [{"record_id_l": p[0], "record_id_r": p[1], "kind": kind} for p, kind in pairs.items()])

    then, now = records({"a": "1", "b": "1", "c": "1", "e": "1"}), records({"a": "1", "b": "2", "c": "2", "d": "1"})
    found = causes(now, then, decisions({"cd": "must", "xy": "must"}), decisions({"xy": "must", "vw": "cannot"}))
    assert {r.record_id: r.cause for r in found.collect()} == {**dict.fromkeys("cdvw", "override"), "b": "changed_record"}
    assert causes(now, None, decisions({"cd": "must"}), decisions({"cd": "must"})).isEmpty()


def test_persons_are_kept_as_by_a_greedy_choice_in_one_strict_order(spark) -> None:
    """Two hundred drawn cases, one a threshold; among them a chain in which each choice waits for the one before it."""
    draw = random.Random(3)
    rows = [
        (f"draw-{case}", f"cluster-{c}", f"person-{p}", draw.randint(1, 3), draw.randint(0, 2))
        for case in range(200)
        for c in range(draw.randint(1, 7))
        for p in range(draw.randint(1, 7))
        if draw.random() < 0.5
    ]
    rows += [("chain", f"cluster-{(n + 1) // 2}", f"person-{n // 2}", 20 - n, 0) for n in range(12)]
    schema = "threshold string, cluster_id string, person_id string, records long, linkable_records long"
    kept = keep_persons(spark.createDataFrame(rows, schema)).toArrow().to_pylist()

    expected, taken = set(), set()
    for threshold, cluster, person, *_ in sorted(rows, key=lambda r: (-r[3], -r[4], r[2], r[1])):
        if not {(threshold, cluster), (threshold, person)} & taken:
            expected.add((threshold, cluster, person))
            taken |= {(threshold, cluster), (threshold, person)}
    assert Counter((row["threshold"], row["cluster_id"], row["person_id"]) for row in kept) == Counter(expected)

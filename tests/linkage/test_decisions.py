"""Files of decisions: what is read, what is refused and in which words, which decision stands, and chains that contradict."""

from collections import Counter
from datetime import date
from itertools import pairwise

import networkx as nx
import pytest
from docketlink.linkage.decisions import COLUMNS, Decision, contradictions, decisions_that_stand, read_decisions, unknown_records
from hypothesis import given
from hypothesis import strategies as st

SECRET = "met the family"
HEADER = ",".join(COLUMNS)


def file_of(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def line(a="a", b="b", decision="must", scope="s", actor="human", confidence="verified", reason=SECRET, on="2026-01-05", until="") -> str:
    return ",".join((a, b, decision, scope, actor, confidence, reason, on, until))


def decided(*pairs: str, on: str = "2026-01-05", until: str | None = None) -> list[Decision]:
    """``"a=b"`` must, ``"a/b"`` cannot, ``"a~b"`` withdraw."""
    signs = {"=": "must", "/": "cannot", "~": "withdraw"}
    end = until and date.fromisoformat(until)
    return [
        Decision(*sorted((p[0], p[2])), signs[p[1]], "s", "human", "verified", "r", date.fromisoformat(on), end, "f.csv", i)
        for i, p in enumerate(pairs, start=1)
    ]


# What a file says, and what is said of it; "" is a decision that is read.
LINES = {
    "a decision": (line(), []),
    "the ends may stand in either order": (line("b", "a"), []),
    "space around a value carries no meaning": (line(" a ", "b", " must "), []),
    "a system decides too": (line(actor="system", confidence="unverified", until="2027-01-05"), []),
    "an unknown decision": (line(decision="maybe"), ["column decision: is none of must, cannot, withdraw"]),
    "an unknown actor": (line(actor="robot"), ["column actor: is none of human, system"]),
    "an unknown confidence": (line(confidence="high"), ["column confidence: is none of verified, unverified"]),
    "a decision needs its reason": (line(reason=""), ["column reason: is empty"]),
    "a withdrawal needs its reason too": (line(decision="withdraw", reason=""), ["column reason: is empty"]),
    "a decision needs its day": (line(on=""), ["column decided_on: is empty"]),
    "a day that is no day": (line(on="2026-02-30"), ["column decided_on: is no date yyyy-MM-dd"]),
    "a day written otherwise": (line(on="05/01/2026"), ["column decided_on: is no date yyyy-MM-dd"]),
    "a day without hyphens": (line(until="20270105"), ["column expires_on: is no date yyyy-MM-dd"]),
    "expired when decided": (line(until="2026-01-05"), ["column expires_on: is not after decided_on"]),
    "one record is no pair": (line("a", "a"), ["column record_id_b: is the same record as record_id_a"]),
    "a missing record": (line(b=""), ["column record_id_b: is empty"]),
    "a reason without a decision": (line(decision=""), ["column decision: is empty"]),
    "all faults of a line at once": (
        line(scope="", actor="x", on="x"),
        ["column scope: is empty", "column actor: is none of human, system", "column decided_on: is no date yyyy-MM-dd"],
    ),
    "a line too short": ("a,b,must", ["has 3 fields, the header 9"]),
}


@pytest.mark.parametrize("case", LINES)
def test_a_line_is_read_or_refused_with_every_fault_and_no_word_of_the_reviewer(case: str) -> None:
    given_line, expected = LINES[case]
    read, faults = read_decisions({"one.csv": file_of(line("x", "y"), given_line)})
    assert [fault.replace(": has", ", has") for fault in faults] == [f"one.csv row 2, {rule}" for rule in expected]
    assert len(read) == (1 if expected else 2)
    assert SECRET not in " ".join(faults)


FILES = {
    "bytes that are no text": (b"\xff\xfe", ["is not UTF-8 text"]),
    "an open quote": (file_of('a,"b'), ["is no CSV file: a quote is left open, or text follows one"]),
    "nothing at all": (b"", [f"header: column {column} is missing" for column in COLUMNS]),
    "a misspelt column": (
        file_of(header=HEADER.replace("reason", "reasons")),
        ["header: column reason is missing", "header: column 7 of the header is not known"],
    ),
    "a column twice": (file_of(header=HEADER + ",scope"), ["header: column scope is there twice"]),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(case: str) -> None:
    content, expected = FILES[case]
    read, faults = read_decisions({"one.csv": content, "two.csv": file_of(line())})
    assert [fault.removeprefix("one.csv").lstrip(":, ") for fault in faults] == expected
    assert len(read) == 1


def test_a_line_that_nobody_decided_yet_and_columns_that_only_show_are_passed_over() -> None:
    content = file_of(
        line(decision="", reason="", on="") + ",SMITH",
        line(decision="cannot", reason='"two, ""they said"""') + ",JONES",
        header=HEADER + ",shown_a",
    )
    read, faults = read_decisions({"one.csv": b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n")})
    assert not faults
    assert [(d.kind, d.reason, d.row) for d in read] == [("cannot", 'two, "they said"', 2)]


def test_records_that_are_not_there_are_refused() -> None:
    assert unknown_records(decided("a=b", "a=c", "d/e"), {"a", "b"}) == [
        "f.csv row 2: one of its record ids is not in identity.person_record",
        "f.csv row 3: neither of its record ids is in identity.person_record",
    ]


def test_the_latest_decision_on_a_pair_stands() -> None:
    early, late = decided("a=b", "c=d", "e=f"), decided("a/b", "c~d", on="2026-02-01")
    for said in (early + late, late + early):
        stand, faults = decisions_that_stand(said)
        assert not faults
        assert [(d.pair, d.kind) for d in stand] == [(("a", "b"), "cannot"), (("e", "f"), "must")]


def test_two_different_decisions_of_one_day_are_refused_until_a_later_day_settles_them() -> None:
    both = decided("a=b", "b/a")
    assert decisions_that_stand(both)[1] == ["f.csv row 1 and f.csv row 2, column decision: two different decisions of one day on one pair"]
    assert decisions_that_stand(both + decided("a/b", on="2026-02-01"))[1] == []
    twice, faults = decisions_that_stand(decided("a=b", "b=a"))
    assert ([d.row for d in twice], faults) == ([2], [])


CHAINS = {
    "a direct pair apart from its chain": (["a=b", "b=c", "c=d", "a/d"], ["a - b - c - d"]),
    "the shortest chain is shown": (["a=b", "b=c", "c=d", "b=d", "d/a"], ["a - b - d"]),
    "two components may be apart": (["a=b", "c=d", "a/c", "b/d"], []),
    "a record that no must names": (["a=b", "a/x"], []),
    "only cannots": (["a/b", "b/c", "a/c"], []),
    "each contradicted pair": (["a=b", "b=c", "a/c", "d=e", "e=f", "d/f"], ["a - b - c", "d - e - f"]),
}


@pytest.mark.parametrize("case", CHAINS)
def test_a_pair_apart_that_must_decisions_join_is_refused_with_the_chain(case: str) -> None:
    said, chains = CHAINS[case]
    faults = contradictions(decided(*said), None)
    assert [fault.rpartition(": ")[2] for fault in faults] == chains
    assert all(": cannot, but must decisions join the pair" in fault and "f.csv row" in fault for fault in faults)


def test_what_has_expired_contradicts_nothing() -> None:
    said = decided("a=b", until="2026-03-01") + decided("b=c", "a/c")
    assert contradictions(said, date(2026, 2, 28))
    assert not contradictions(said, date(2026, 3, 1))


EDGE = st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("=/"), st.sampled_from("abcdefgh")).filter(lambda e: e[0] != e[2])


@given(st.lists(EDGE, max_size=14, unique_by=lambda e: frozenset((e[0], e[2]))), st.randoms())
def test_contradictions_are_those_that_components_find_whatever_the_order(edges, random) -> None:
    must = nx.Graph([(a, b) for a, sign, b in edges if sign == "="])
    expected = Counter(tuple(sorted((a, b))) for a, sign, b in edges if sign == "/" and a in must and b in must and nx.has_path(must, a, b))
    random.shuffle(edges)
    chains = [fault.rpartition(": ")[2].split(" - ") for fault in contradictions(decided(*map("".join, edges)), None)]
    assert Counter(tuple(sorted((chain[0], chain[-1]))) for chain in chains) == expected
    for chain in chains:
        assert len(chain) == nx.shortest_path_length(must, chain[0], chain[-1]) + 1
        assert all(must.has_edge(*step) for step in pairwise(chain))

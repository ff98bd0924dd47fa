"""The table of traps in tests/README.md names tests that are there, and every test of traps stands in it."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
FILES = {"": "transforms/test_traps.py", "civil": "transforms/test_traps_civil.py", "cells": "cleaning/test_truth_tables.py"}


def named() -> set[tuple[str, str]]:
    """File and test of every row of the table."""
    rows = [line.split(" | ")[1].removesuffix(" |") for line in (TESTS / "README.md").read_text().splitlines() if line.startswith("| ")]
    found = set()
    for each in (each for row in rows if row != "test" for each in row.split(", ")):
        place, _, test = each.rpartition(":")
        found.add((place.removesuffix(":") if ".py" in place else FILES[place], test))
    return found


def functions_of(file: str) -> set[str]:
    return set(re.findall(r"^def (test_\w+)\(", (TESTS / file).read_text(), re.MULTILINE))


def test_every_test_that_the_table_names_is_there() -> None:
    assert len(named()) > 60
    assert {(file, test) for file, test in named() if test not in functions_of(file)} == set()


def test_every_test_of_traps_stands_in_the_table() -> None:
    told = {test for _, test in named()}
    general = {"test_no_event_stands_twice_and_none_is_of_nobody"}
    assert functions_of(FILES[""]) | functions_of(FILES["civil"]) <= told | general

"""A job may touch what its docstring declares, and truth is for the evaluation alone."""

import pytest
from docketlink.contracts import Table
from docketlink.contracts.arrivals import RECEIVED_FILE, raw_table
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.spine import PERSON_SPINE
from docketlink.contracts.truth import CASE_LINK, LIFE_EVENT, TRUE_PERSON, truth_table
from docketlink.errors import ZoneError
from docketlink.runtime.declaration import Declaration

DOCSTRING = """Do a thing: and why.

Reads   raw.<source>_<table>    what arrived
        spine.person_spine      the person of one record
        truth.<source>          who is who
Writes  identity.person_record  one node
"""


def declared(job: str = "do_thing") -> Declaration:
    return Declaration.of(job, DOCSTRING)


def test_lines_below_a_verb_belong_to_it() -> None:
    assert declared().reads == ("raw.<source>_<table>", "spine.person_spine", "truth.<source>")
    assert declared().writes == ("identity.person_record",)
    assert declared().summary == "Do a thing: and why."


def test_a_pattern_covers_the_tables_of_any_source() -> None:
    declared().allow_read(raw_table("prison_nomis", "offenders", ()))


def test_reading_what_is_only_written_is_refused() -> None:
    with pytest.raises(ZoneError, match=r"may not read identity\.person_record"):
        declared().allow_read(PERSON_RECORD)


def test_writing_what_is_only_read_is_refused() -> None:
    with pytest.raises(ZoneError, match=r"may not write spine\.person_spine"):
        declared().allow_write(PERSON_SPINE)


def test_a_pattern_does_not_cover_another_zone() -> None:
    with pytest.raises(ZoneError):
        Declaration.of("x", "X.\n\nReads   identity.<source>  a\n").allow_read(RECEIVED_FILE)


def test_declaring_truth_does_not_open_it() -> None:
    with pytest.raises(ZoneError, match="truth is read by evaluate_histories, evaluate_linkage alone"):
        declared().allow_read(truth_table("prison_nomis"))
    declared("evaluate_linkage").allow_read(truth_table("prison_nomis"))


@pytest.mark.parametrize("table", [TRUE_PERSON, LIFE_EVENT, CASE_LINK], ids=str)
def test_lives_and_true_links_are_as_closed_as_who_is_who(table: Table) -> None:
    for job in ("generate_courts", "train_model", "build_events"):
        with pytest.raises(ZoneError, match="truth is read by evaluate_histories, evaluate_linkage alone"):
            declared(job).allow_read(table)
    declared("evaluate_linkage").allow_read(table)

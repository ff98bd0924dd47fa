"""The page of a person: what is drawn, what is left out, and that nothing in it runs or is fetched."""

import re
import xml.etree.ElementTree as ET
from math import inf

import pytest
from docketlink.runtime.person import Person, Table, person_lines
from docketlink.runtime.person_page import MOST_NODES, person_page


def person(path, *, records: int, count: int | None = None, name: str = "ANN SMITH") -> Person:
    ids = tuple(f"r{i:04d}" for i in range(records))
    table = Table("Records", ("no.", "names"), tuple((str(i), name) for i, _ in enumerate(ids, start=1)))
    links = tuple((ids[a], ids[b], float(weight)) for a, b, weight in path)
    sources = tuple("mags_hocas" if i % 2 else "prison_nomis" for i in range(records))
    return Person("p1", count or records, ids, sources, frozenset(ids[:1]), links, links, (table, Table("Alerts", ("rule",), ())), "")


SHAPES = {
    "one record": person([], records=1),
    "a pair": person([(0, 1, 12.5)], records=2),
    "a star": person([(0, i, i) for i in range(1, 30)], records=30),
    "a chain": person([(i, i + 1, inf) for i in range(69)], records=70),
    "pieces": person([(0, 1, 3.0), (2, 3, 4.0)], records=5),
    "ten thousand records": person([(0, i, 5.0) for i in range(1, 200)], records=200, count=10_000),
}


def graph(shown: Person) -> ET.Element:
    return ET.fromstring(re.search(r"<svg.*?</svg>", person_page(shown), re.DOTALL)[0])


@pytest.mark.parametrize("shape", SHAPES)
def test_records_are_drawn_apart_and_inside_the_picture(shape: str) -> None:
    circles = [(float(c.get("cx")), float(c.get("cy"))) for c in graph(SHAPES[shape]).iter("{http://www.w3.org/2000/svg}circle")]
    assert len(circles) == min(len(SHAPES[shape].records), MOST_NODES)
    assert len({(round(x), round(y)) for x, y in circles}) == len(circles)
    assert all(0 < x < 720 and 0 < y < 720 for x, y in circles)


def test_a_person_of_ten_thousand_records_is_drawn_in_part_and_says_so() -> None:
    assert "Left out: 9,920 records" in person_page(SHAPES["ten thousand records"])
    assert "Left out" not in person_page(SHAPES["a star"])


def test_nothing_in_the_page_runs_or_is_fetched_and_values_are_escaped() -> None:
    page = person_page(person([(0, 1, 2.0)], records=2, name="<script>alert(1)</script>"))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href)=|url\(|@import""", page)


def test_the_terminal_shows_the_same_tables() -> None:
    heading, *told = person_lines(SHAPES["a pair"])
    assert heading == "person p1: 2 records at the medium threshold"
    assert told == ["", "Records", "no.  names", "1    ANN SMITH", "2    ANN SMITH", "", "Alerts", "none"]

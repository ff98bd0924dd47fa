"""Pages hold all they show, and nothing of theirs is fetched or executed."""

import re
import xml.etree.ElementTree as ET

from docketlink.reports.charts import bars, curves, points
from docketlink.reports.page import Section, page
from docketlink.reports.sankey import sankey

FLOWS = [
    {"before": "none", "inside": "remand", "after": "none", "entries": 3},
    {"before": "none", "inside": "sentenced", "after": "<licence>", "entries": 1},
]


def test_charts_are_svg_without_script_or_link() -> None:
    rows = [{"x": 1, "y": 0.5, "low": 0.4, "high": 0.6, "of": "a"}, {"x": 2, "y": 0.2, "low": 0.1, "high": 0.3, "of": "a"}]
    drawn = [
        bars(rows, "x", "y"),
        curves(rows, "x", "y", "low", "high", "of", x_title="x", y_title="y"),
        points(rows, "y", "of", "x", x_title="y"),
        sankey(FLOWS, ("before", "inside", "after"), "entries"),
    ]
    for svg in drawn:
        assert ET.fromstring(svg).tag.endswith("svg")
        assert not re.search(r"<script|https?://(?!www\.w3\.org)", svg)


def test_the_width_of_a_flow_is_its_number() -> None:
    svg = ET.fromstring(sankey(FLOWS, ("before", "inside", "after"), "entries"))
    heights = sorted(float(bar.attrib["height"]) for bar in svg.iter("{http://www.w3.org/2000/svg}rect"))
    assert heights[-1] / heights[0] == 4  # all four entries came from one state
    assert sankey([], ("before", "after"), "entries") == "<p>No flow.</p>"


def test_what_people_wrote_is_text_on_the_page() -> None:
    text = page("Title", "Note", [Section("A <b>", "x & y", "<svg/>", [{"name": "<i>", "n": 1}])])
    assert "<h2>A &lt;b&gt;</h2>" in text
    assert "<td>&lt;i&gt;</td>" in text
    assert "<figure><svg/></figure>" in text

"""The report in Markdown, between the two marks of docs/synthetic.md."""

from collections.abc import Mapping, Sequence
from typing import Any

BEGIN, END = "<!-- figures: make synthetic-report -->", "<!-- end of figures -->"
_TITLES = {
    "shape": "Shape: records, careers, people",
    "overlap": "People in several systems",
    "rows": "Rows for one of another table, durations",
    "names": "Chance that two people agree",
    "missing": "Missing, share of person rows",
    "dirt": "Dirt",
    "true pairs": "Agreement of two records of one person",
    "random pairs": "Agreement of two records of different people",
    "weeks": "From extract to extract",
}


def with_report(document: str, facts: Mapping[str, Any]) -> str:
    """The document with the report in place of what stood between the marks. Raises ValueError when a mark is missing."""
    head, begin, rest = document.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document lacks one of {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{report(facts)}\n{END}{tail}"


def report(facts: Mapping[str, Any]) -> str:
    """Counts, what is missed of the published figures, and a table for each group."""
    lines = facts["targets"]
    said = {verdict: sum(line["verdict"] == verdict for line in lines) for verdict in ("inside", "MISSED", "too few", "not measured")}
    counts = ", ".join(f"{number} {verdict}" for verdict, number in said.items() if number)
    missed = [f"{line['group']}: {line['name']}" for line in lines if line["verdict"] == "MISSED" and line["basis"] == "published"]
    parts = [f"Size `{facts['size']}`, {facts['records']:,} person records, {len(lines)} figures: {counts}.", ""]
    if missed:
        parts += [f"Published figures that it misses ({len(missed)}): {'; '.join(missed)}.", ""]
    for group, title in _TITLES.items():
        if own := [line for line in lines if line["group"] == group]:
            parts += [f"### {title}", "", *_table(own), ""]
    return "\n".join(parts)


def _table(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    head = ["| figure | basis | target | near enough | measured | cases | |", "|---|---|---|---|---|---|---|"]
    return head + [
        f"| {line['name']} | {line['basis']} | {_number(line['target'])} | {_number(line['low'])} to {_number(line['high'])} "
        f"| {_number(line['measured'])} | {line['cases']:,} | {line['verdict']} |"
        for line in lines
    ]


def _number(value: float | None) -> str:
    """Three significant digits."""
    if value is None:
        return ""
    if value and abs(value) < 0.001:
        return f"{value:.1e}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

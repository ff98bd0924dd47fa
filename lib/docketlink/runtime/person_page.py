"""A person as one HTML page: the graph of its links as SVG, and the tables below. Nothing in it runs, and no request leaves it."""

from collections import defaultdict
from collections.abc import Iterator
from html import escape
from math import cos, inf, pi, sin
from string import Template

from docketlink.linkage.spanning import Link
from docketlink.runtime.person import Person, Table, bits

MOST_NODES = 80  # drawn; more cannot be told apart
_MOST_OTHER_LINKS = 300
_COLOURS = ("#1d70b8", "#d4351c", "#00703c", "#f47738", "#4c2c92", "#28a197", "#912b88", "#6f777b")
_SIDE, _MARGIN = 720, 40

_PAGE = Template("""<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Person $person</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color: #0b0c0c; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
code, td, th { font-size: 13px; }
td, th { text-align: left; padding: 3px 10px 3px 0; border-bottom: 1px solid #d8d8d8; vertical-align: top; }
table { border-collapse: collapse; } .scroll { overflow-x: auto; } .note { color: #505a5f; }
svg { max-width: 100%; height: auto; border: 1px solid #d8d8d8; } svg text { font: 11px system-ui, sans-serif; }
</style></head><body>
<h1>Person <code>$person</code></h1>
<p>$count records at the medium threshold. Holds what the identity zone knows of them: keep it where that may be kept.</p>
$graph
$tables
</body></html>
""")


def person_page(person: Person) -> str:
    """The page. At most ``MOST_NODES`` records are drawn, first those of the first table, and a note says what is left out."""
    tables = "\n".join(_table(table) for table in person.tables)
    return _PAGE.substitute(person=escape(person.person_id), count=f"{person.record_count:,}", graph=_graph(person), tables=tables)


def _table(table: Table) -> str:
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    if not table.rows:
        return f"<h2>{escape(table.title)}</h2><p>none</p>{note}"
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f'<h2>{escape(table.title)}</h2>{note}<div class="scroll"><table><tr>{head}</tr>\n{body}</table></div>'


def _graph(person: Person) -> str:
    drawn = person.records[:MOST_NODES]
    path = [link for link in person.path if link[0] in drawn and link[1] in drawn]
    on_path = {frozenset(link[:2]) for link in path}
    other = [link for link in person.links if link[0] in drawn and link[1] in drawn and frozenset(link[:2]) not in on_path]
    other = sorted(other, key=lambda link: -link[2])[:_MOST_OTHER_LINKS]
    place = _places(drawn, path)
    colour = {source: _COLOURS[i % len(_COLOURS)] for i, source in enumerate(sorted(set(person.sources)))}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}" width="{_SIDE}" role="img" aria-label="Graph of links">'
    ]
    parts += [_line(place, link, "#b1b4b6", 0.6, label=False) for link in other]
    parts += [_line(place, link, "#0b0c0c", 1.8, label=len(drawn) <= MOST_NODES // 2) for link in path]
    for i, (record, source) in enumerate(zip(drawn, person.sources, strict=False), start=1):
        x, y = place[record]
        ring = ' stroke="#0b0c0c" stroke-width="2.5" stroke-dasharray="4 2"' if record in person.bridges else ""
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" fill="{colour[source]}"{ring}><title>{escape(record)}</title></circle>')
        parts.append(f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" fill="#fff">{i}</text>')
    legend = ", ".join(f'<span style="color:{colour[source]}">&#9679;</span> {escape(source)}' for source in colour)
    left_out = person.record_count - len(drawn)
    note = f" Left out: {left_out:,} records, and links to them." if left_out else ""
    said = f"Black: the path of links with their bits. Grey: other scored pairs. Dashed ring: a bridge. {legend}.{note}"
    return "\n".join((*parts, "</svg>", f'<p class="note">{said}</p>'))


def _line(place: dict[str, tuple[float, float]], link: Link, colour: str, width: float, *, label: bool) -> str:
    (x1, y1), (x2, y2) = place[link[0]], place[link[1]]
    dashes = ' stroke-dasharray="6 3"' if link[2] == inf else ""
    line = f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"{dashes}/>'
    if not label:
        return line
    halo = 'text-anchor="middle" stroke="#fff" stroke-width="3" paint-order="stroke"'
    return f'{line}<text x="{(x1 + x2) / 2:.1f}" y="{(y1 + y2) / 2 - 3:.1f}" {halo}>{bits(link[2])}</text>'


def _places(drawn: tuple[str, ...], path: list[Link]) -> dict[str, tuple[float, float]]:
    """Trees around their busiest record: each leaf has its angle, each step outwards its ring."""
    beside: dict[str, list[str]] = defaultdict(list)
    for a, b, _ in path:
        beside[a].append(b)
        beside[b].append(a)
    order = sorted(drawn, key=lambda record: (-len(beside[record]), record))
    depth: dict[str, int] = {}
    children: dict[str, list[str]] = defaultdict(list)
    roots = []
    for start in order:
        if start in depth:
            continue
        roots.append(start)
        depth[start] = 0
        queue = [start]
        for record in queue:
            for other in sorted(beside[record]):
                if other not in depth:
                    depth[other] = depth[record] + 1
                    children[record].append(other)
                    queue.append(other)
    several = len(roots) > 1  # then no tree may stand in the middle
    angle = dict(_angles(roots, children, max(1, sum(1 for record in drawn if not children[record]))))
    rings = max(depth.values(), default=0) + several
    step = (_SIDE / 2 - _MARGIN) / max(1, rings)
    middle = _SIDE / 2
    return {r: (middle + step * (depth[r] + several) * cos(angle[r]), middle + step * (depth[r] + several) * sin(angle[r])) for r in drawn}


def _angles(roots: list[str], children: dict[str, list[str]], leaves: int) -> Iterator[tuple[str, float]]:
    """Radians of each record: leaves evenly round the circle, the others amid theirs. No recursion: a path may be a long chain."""
    order: list[str] = []
    stack = roots[::-1]
    while stack:
        record = stack.pop()
        order.append(record)
        stack += children[record][::-1]
    angle: dict[str, float] = {}
    next_leaf = 0
    for record in order:
        if not children[record]:
            angle[record] = 2 * pi * next_leaf / leaves
            next_leaf += 1
    for record in reversed(order):
        if children[record]:
            mine = [angle[child] for child in children[record]]
            angle[record] = sum(mine) / len(mine)
    yield from angle.items()

"""Flows between states as bands whose width is their number."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _BAR, _GAP = 720, 420, 14, 8
_COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#ff9da6", "#9d755d", "#bab0ac", "#eeca3b", "#439894")


def sankey(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], count: str) -> str:
    """SVG of the flows of ``rows`` through ``columns``, left to right; a state has one colour everywhere.

    ``rows`` hold a value for each column and the number that took that way.
    """
    total = sum(row[count] for row in rows)
    if not total:
        return "<p>No flow.</p>"
    states = [sorted({row[column] for row in rows}) for column in columns]
    colour = {state: _COLOURS[n % len(_COLOURS)] for n, state in enumerate(sorted({s for each in states for s in each}))}
    scale = (_HEIGHT - _GAP * max(map(len, states))) / total
    tops, drawn = [], []
    for n, column in enumerate(columns):
        y, top = 0.0, {}
        x = n * (_WIDTH - _BAR) / (len(columns) - 1)
        for state in states[n]:
            size = scale * sum(row[count] for row in rows if row[column] == state)
            top[state] = y
            anchor, at = ("end", x - 4) if n == len(columns) - 1 else ("start", x + _BAR + 4)
            drawn.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{_BAR}" height="{max(size, 0.5):.1f}" fill="{colour[state]}"/>')
            if size > 9:
                drawn.append(f'<text x="{at:.1f}" y="{y + size / 2 + 4:.1f}" text-anchor="{anchor}">{escape(str(state))}</text>')
            y += size + _GAP
        tops.append(top)
    bands = []
    for n, (left, right) in enumerate(pairwise(columns)):
        starts, ends = dict(tops[n]), dict(tops[n + 1])
        x0, x1 = (k * (_WIDTH - _BAR) / (len(columns) - 1) for k in (n, n + 1))
        for one in states[n]:
            for other in states[n + 1]:
                size = scale * sum(row[count] for row in rows if row[left] == one and row[right] == other)
                if size:
                    bands.append(_band(x0 + _BAR, starts[one], x1, ends[other], size, colour[one]))
                    starts[one] += size
                    ends[other] += size
    body = "".join([*bands, *drawn])
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="11">{body}</svg>'


def _band(x0: float, y0: float, x1: float, y1: float, size: float, colour: str) -> str:
    middle = (x0 + x1) / 2
    path = (
        f"M{x0:.1f},{y0:.1f}C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
        f"L{x1:.1f},{y1 + size:.1f}C{middle:.1f},{y1 + size:.1f} {middle:.1f},{y0 + size:.1f} {x0:.1f},{y0 + size:.1f}Z"
    )
    return f'<path d="{path}" fill="{colour}" fill-opacity="0.35"/>'

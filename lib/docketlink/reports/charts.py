"""Charts as SVG, drawn by Vega-Lite without a browser or a network, so that a page holds everything it shows."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert

Rows = Sequence[Mapping[str, Any]]
_WIDTH, _HEIGHT = 620, 280


def bars(rows: Rows, x: str, y: str, *, color: str | None = None, x_title: str = "", y_title: str = "") -> str:
    """A bar for each row, in the order of the rows."""
    chart = (
        alt.Chart(_data(rows)).mark_bar().encode(x=alt.X(f"{x}:O", sort=None, title=x_title or x), y=alt.Y(f"{y}:Q", title=y_title or y))
    )
    return _svg(chart.encode(color=f"{color}:N") if color else chart)


def curves(rows: Rows, x: str, y: str, low: str, high: str, by: str, *, x_title: str, y_title: str) -> str:
    """Step lines with their intervals, one for each value of ``by``."""
    base = alt.Chart(_data(rows)).encode(x=alt.X(f"{x}:Q", title=x_title), color=f"{by}:N")
    band = base.mark_area(opacity=0.2, interpolate="step-after").encode(y=alt.Y(f"{low}:Q", title=y_title), y2=f"{high}:Q")
    line = base.mark_line(interpolate="step-after").encode(y=alt.Y(f"{y}:Q", title=y_title, scale=alt.Scale(domain=[0, 1])))
    return _svg(band + line)


def points(rows: Rows, x: str, y: str, by: str, *, x_title: str) -> str:
    """A point for each row: how far figures of one kind lie apart."""
    chart = alt.Chart(_data(rows)).mark_point(filled=True, size=70)
    return _svg(chart.encode(x=alt.X(f"{x}:Q", title=x_title), y=alt.Y(f"{y}:N", sort=None, title=""), color=f"{by}:N", shape=f"{by}:N"))


def _svg(chart: Any) -> str:
    drawn: str = vl_convert.vegalite_to_svg(chart.properties(width=_WIDTH, height=_HEIGHT).to_json())
    return drawn


def _data(rows: Rows) -> Any:
    return alt.InlineData(values=list(rows))

"""A report as one HTML file: sections of text, charts and tables, nothing fetched from anywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jinja2

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title><style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .25rem .75rem; border-bottom: 1px solid #ddd; text-align: right }
th:first-child, td:first-child { text-align: left } figure { margin: 1rem 0 } svg { max-width: 100%; height: auto } .note { color: #555 }
</style></head><body><h1>{{ title }}</h1><p class="note">{{ note }}</p>
{% for section in sections %}<h2>{{ section.title }}</h2><p>{{ section.text }}</p>
{% if section.chart %}<figure>{{ section.chart | safe }}</figure>{% endif %}
{% if section.rows %}<table><tr>{% for name in section.rows[0] %}<th>{{ name }}</th>{% endfor %}</tr>
{% for row in section.rows %}<tr>{% for value in row.values() %}<td>{{ value }}</td>{% endfor %}</tr>{% endfor %}</table>{% endif %}
{% endfor %}</body></html>
"""


@dataclass(frozen=True)
class Section:
    """A question, an answer in words, a chart as SVG, and the figures behind it."""

    title: str
    text: str
    chart: str = ""
    rows: Sequence[Mapping[str, Any]] = field(default=())


def page(title: str, note: str, sections: Sequence[Section]) -> str:
    """The HTML; texts and figures are escaped, charts are our own SVG."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(_PAGE).render(title=title, note=note, sections=sections)

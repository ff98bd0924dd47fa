"""The report on repeat users: small counts fetched from the longitudinal tables, told in words, charts and tables.

It shows exact figures and stays inside the team: small ones are neither rounded nor suppressed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame

from docketlink.contracts.events import PERSON_EVENT
from docketlink.contracts.measures import LINKAGE_METRIC
from docketlink.contracts.research import CASE_JOURNEY, COHORT_STARTER, HEADLINE, PERSON_MONTH
from docketlink.quality.questions import court_cases, custody_flows, order_of_courts, repeat_users, repeat_users_by
from docketlink.quality.rates import kaplan_meier, return_rate, survival_counts
from docketlink.reports.charts import bars, curves, points
from docketlink.reports.page import Section, page
from docketlink.reports.sankey import sankey
from docketlink.storage.lake import Lake

Row = Mapping[str, Any]
NOTE = "Exact figures for the team inside: not for publication. Persons are those of the medium threshold unless said otherwise."
_FLOWS = 60  # kinds of way that the chart shows, the most frequent ones


def repeat_users_report(lake: Lake) -> str:
    """The HTML page. Raises StorageError when the tables that it tells of are not there."""
    event = lake.read(PERSON_EVENT)
    sections = [*_people(event), _flows(lake.read(PERSON_MONTH))]
    if lake.exists(COHORT_STARTER):
        sections += _returns(lake.read(COHORT_STARTER))
    if lake.exists(CASE_JOURNEY):
        sections.append(_journeys(lake.read(CASE_JOURNEY)))
    if lake.exists(HEADLINE):
        sections += _sensitivity(lake.read(HEADLINE), lake)
    return page("Repeat users of the courts", NOTE, sections)


def _rows(frame: DataFrame, *order: str) -> list[dict[str, Any]]:
    """The rows of a small frame of counts."""
    return [row.asDict() for row in frame.orderBy(*order).collect()]


def _people(event: DataFrame) -> Iterator[Section]:
    cases = court_cases(event)
    often = _rows(repeat_users(cases), "cases")
    people, total = sum(r["people"] for r in often), sum(r["case_count"] for r in often)
    many = [r for r in often if r["cases"] >= 5]
    told = (
        f"{sum(r['people'] for r in many) / max(people, 1):.1%} of {people:,} defendants had five cases or more; theirs are "
        f"{sum(r['case_count'] for r in many) / max(total, 1):.1%} of all {total:,} cases."
    )
    yield Section("Who comes back?", told, bars(often, "cases", "people", x_title="cases of a person (10: ten and more)"), often)
    by_band = _rows(repeat_users_by(cases, event), "birth_year_band")
    shares = [{"born": r["birth_year_band"], "share": r["repeaters"] / r["people"], "people": r["people"]} for r in by_band]
    chart = bars(shares, "born", "share", y_title="share with five cases or more")
    yield Section("How old are they?", "Defendants with five cases or more, by year of birth.", chart, _shown(shares, "share"))
    order = _rows(order_of_courts(cases, event), "first")
    both = sum(r["people"] for r in order)
    text = f"{both:,} people were in both family and criminal courts. Where they were first:"
    yield Section("Family and criminal courts", text, bars(order, "first", "people"), order)


def _flows(month: DataFrame) -> Section:
    rows = sorted(_rows(custody_flows(month), "before", "inside", "after"), key=lambda r: -r["entries"])[:_FLOWS]
    text = (
        f"{sum(r['entries'] for r in rows):,} entries into custody by month: the state a month before, on entry, and a year later. "
        " Months before the first contact and after the end of observation are not seen."
    )
    return Section("Into and out of custody", text, sankey(rows, ("before", "inside", "after"), "entries"))


def _returns(cohort: DataFrame) -> Iterator[Section]:
    counts = _rows(survival_counts(cohort, "design"), "design", "days")
    lines: list[dict[str, Any]] = []
    for design in sorted({r["design"] for r in counts}):
        mine = [r for r in counts if r["design"] == design]
        curve = kaplan_meier(*([r[name] for r in mine] for name in ("days", "returned", "censored")))
        lines += [
            {"design": design, "years": d / 365.25, "share": s, "low": low, "high": high}
            for d, s, low, high in zip(curve.day.tolist(), curve.share.tolist(), curve.low.tolist(), curve.high.tolist(), strict=True)
        ]
    chart = curves(lines, "years", "share", "low", "high", "design", x_title="years since entry", y_title="not yet returned")
    rates = _rows(return_rate(cohort, 365, "design"), "design")
    text = (
        "Kaplan-Meier curves with 95 % intervals: people whom we lose sight of count up to that day. The table is the plain share that "
        "returned within a year, of those who were observed and covered so long."
    )
    yield Section("How soon do they come back?", text, chart, _shown(rates, "rate", "low", "high"))


def _journeys(journey: DataFrame) -> Section:
    rows = _rows(journey.groupBy("rule").count(), "rule")
    return Section("From the magistrates to the Crown Court", "Case-defendants who went up, by how the Crown case was found.", rows=rows)


def _sensitivity(headline: DataFrame, lake: Lake) -> Iterator[Section]:
    told = _rows(headline.select("headline", "level", "value", "interval_low", "interval_high"), "headline", "level")
    levels = ("true", "high", "medium", "low", "corrected")
    value = {(r["headline"], r["level"]): r for r in told}
    table = []
    for name in sorted({r["headline"] for r in told}):
        row = {"headline": name, **{x: f"{value[name, x]['value']:.4f}" if (name, x) in value else "" for x in levels}}
        fixed = value.get((name, "corrected"))
        table.append({**row, "95 % interval": f"{fixed['interval_low']:.4f} to {fixed['interval_high']:.4f}" if fixed else ""})
    shares = [r for r in told if not r["headline"].startswith("journey_")]
    text = (
        "Each headline at the three thresholds beside what it would be with the true people; for thin sources corrected for missed links."
    )
    yield Section("What if we had linked otherwise?", text, points(shares, "value", "headline", "level", x_title="share"), table)
    if lake.exists(LINKAGE_METRIC):
        found = lake.read(LINKAGE_METRIC).where("metric = 'pairwise_recall' AND threshold = 'medium'")
        rows = [r for r in _rows(found.select("slice", "value"), "slice") if "family" in r["slice"] or "civil" in r["slice"]]
        if rows:
            yield Section(
                "Recall of family and civil records", "Share of true pairs that are linked, at medium.", rows=_shown(rows, "value")
            )


def _shown(rows: Sequence[Row], *shares: str) -> list[dict[str, Any]]:
    """Rows for people: shares with four digits."""
    return [{name: f"{value:.4f}" if name in shares and value is not None else value for name, value in row.items()} for row in rows]

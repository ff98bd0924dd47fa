"""Accuracy by linkage stage, source and pair of sources, for the summary of a run: as values and as a page of text."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from docketlink.config.settings import Stage

Figures = Mapping[str, Any]
BySource = Mapping[str, Mapping[str, Figures]]
"""Threshold to slice (a source, or two as ``a+b``) to its figures."""

_FIGURES = {
    "precision": "pairwise_precision",
    "recall": "pairwise_recall",
    "f1": "pairwise_f1",
    "true_pairs": "true_pairs",
    "predicted_pairs": "predicted_pairs",
}
_OF_STAGE = {
    "recall": "stage_recall",
    "share_enough": "share_enough",
    "recall_enough": "stage_recall_enough",
    "reach": "blocking_reach",
    "reach_enough": "blocking_reach_enough",
}
_COUNTS = ("true_pairs", "predicted_pairs")
_LABEL, _CELL, _ACROSS = 16, 13, 8  # eight sources and their hundreds of millions of pairs fill 120 columns


def by_source(rows: Iterable[Any], thresholds: Iterable[str]) -> dict[str, dict[str, dict[str, float | int]]]:
    """``linkage_by_source`` of rows of LINKAGE_METRIC: a share whose denominator is empty is not there, a count of pairs always is."""
    value = {(row.threshold, row.slice, row.metric): row.value for row in rows if row.slice != "all"}
    slices = sorted({slice_ for _, slice_, _ in value}, key=lambda name: (name.count("+"), name))

    def figures(threshold: str, slice_: str) -> dict[str, float | int]:
        found = {name: value[key] for name, metric in _FIGURES.items() if (key := (threshold, slice_, metric)) in value}
        return {name: int(v) if name in _COUNTS else v for name, v in found.items()}

    return {t: {s: found for s in slices if (found := figures(t, s))} for t in thresholds} if slices else {}


def by_stage(rows: Iterable[Any], stages: Iterable[Stage], thresholds: Iterable[str]) -> dict[str, dict[str, dict[str, float | int]]]:
    """``linkage_by_stage`` of rows of LINKAGE_METRIC; stages without a true pair are not there.

    Precision is that of all pairs put together within and between the sources that the stage scores, whatever put them together.
    """
    value = {(row.threshold, row.slice, row.metric): row.value for row in rows}

    def figures(threshold: str, stage: Stage) -> dict[str, float | int]:
        if (threshold, stage.name, "true_pairs_owned") not in value:
            return {}
        slices = sorted("+".join(sorted(pair)) for pair in stage.owned_pairs())
        predicted = {s: value.get((threshold, s, "predicted_pairs"), 0.0) for s in slices}
        right = sum(pairs * value.get((threshold, s, "pairwise_precision"), 0.0) for s, pairs in predicted.items())
        counts = {"true_pairs": value[threshold, stage.name, "true_pairs_owned"], "predicted_pairs": sum(predicted.values())}
        found: dict[str, float | int] = {name: int(count) for name, count in counts.items()}
        if counts["predicted_pairs"]:
            found["precision"] = min(1.0, right / counts["predicted_pairs"])
        return found | {name: value[key] for name, metric in _OF_STAGE.items() if (key := (threshold, stage.name, metric)) in value}

    told = {t: {stage.name: found for stage in stages if (found := figures(t, stage))} for t in thresholds}
    return told if any(told.values()) else {}


def render_by_stage(linkage: BySource, threshold: str) -> Iterator[str]:
    """Lines of a table at one threshold: what became of the true pairs of every stage. A dash stands for a share of nothing."""
    if stages := linkage.get(threshold, {}):
        yield f"by stage at {threshold}; enough: true pairs that share two of name, date of birth, place and register number"
        heads = ("true pairs", "precision", "recall", "share", "recall", "reached", "reached")
        of = ("", "", "", "enough", "of enough", "", "of enough")
        yield f"{'stage':<{_LABEL}}" + "".join(f"{head:>12}" for head in heads)
        yield " " * _LABEL + "".join(f"{head:>12}" for head in of)
        for name, figures in stages.items():
            shares = ("precision", "recall", "share_enough", "recall_enough", "reach", "reach_enough")
            told = [f"{figures[share]:.4f}" if share in figures else "-" for share in shares]
            yield f"{name:<{_LABEL}.{_LABEL}}{figures['true_pairs']:>12,}" + "".join(f"{each:>12}" for each in told)


def render_by_source(linkage: BySource, threshold: str) -> Iterator[str]:
    """Lines of a matrix at one threshold: precision and recall of pairs within a source and between two, below them the true pairs.

    Nothing for fewer than two sources, whose figures are those of the whole. A dash stands for a share of nothing.
    """
    slices = linkage.get(threshold, {})
    sources = sorted(name for name in slices if "+" not in name)
    if len(sources) < 2:
        return
    yield f"within and between sources at {threshold}: precision and recall of pairs, below them the true pairs"
    for start in range(0, len(sources), _ACROSS):
        across = sources[start : start + _ACROSS]
        yield " " * _LABEL + "".join(f"{_short(name):>{_CELL}}" for name in across)
        for place, source in enumerate(sources[start:], start):
            cells = [slices.get(other if other == source else f"{other}+{source}", {}) for other in across[: place - start + 1]]
            yield f"{source:<{_LABEL}.{_LABEL}}" + "".join(f"{_shares(cell):>{_CELL}}" for cell in cells)
            yield " " * _LABEL + "".join(f"{_pairs(cell):>{_CELL}}" for cell in cells)


def _short(source: str) -> str:
    """The first word of a source's name, which fits above a column."""
    return source.partition("_")[0][: _CELL - 1]


def _shares(figures: Figures) -> str:
    return " ".join(f"{figures[name]:.3f}" if name in figures else "-" for name in ("precision", "recall"))


def _pairs(figures: Figures) -> str:
    return f"{figures['true_pairs']:,}" if "true_pairs" in figures else ""

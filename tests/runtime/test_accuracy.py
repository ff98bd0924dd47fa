"""Accuracy by source and pair of sources in the summary: every slice told, the low ones too, and readable."""

from types import SimpleNamespace

import pytest
from docketlink.config.settings import Stage
from docketlink.runtime.accuracy import by_source, by_stage, render_by_source, render_by_stage

FIGURES = {
    ("all", "pairwise_precision"): 0.9,
    ("mags", "pairwise_precision"): 0.99512,
    ("mags", "pairwise_recall"): 0.8,
    ("mags", "pairwise_f1"): 0.887,
    ("mags", "true_pairs"): 12345.0,
    ("mags", "predicted_pairs"): 10000.0,
    ("mags", "b3_recall"): 0.7,
    ("civil", "pairwise_recall"): 0.0,
    ("civil", "pairwise_f1"): 0.0,
    ("civil", "true_pairs"): 40.0,
    ("civil", "predicted_pairs"): 0.0,
    ("civil+mags", "true_pairs"): 0.0,
    ("civil+mags", "predicted_pairs"): 0.0,
}
ROWS = [SimpleNamespace(slice=s, metric=m, threshold="medium", value=value) for (s, m), value in FIGURES.items()]


def test_every_slice_but_the_whole_is_told_and_a_share_of_no_pairs_is_not() -> None:
    assert by_source(ROWS, ["medium", "low"]) == {
        "medium": {
            "civil": {"recall": 0.0, "f1": 0.0, "true_pairs": 40, "predicted_pairs": 0},
            "mags": {"precision": 0.99512, "recall": 0.8, "f1": 0.887, "true_pairs": 12345, "predicted_pairs": 10000},
            "civil+mags": {"true_pairs": 0, "predicted_pairs": 0},
        },
        "low": {},
    }
    assert by_source(ROWS[:1], ["medium"]) == {}


def test_the_matrix_has_a_cell_for_each_source_and_each_two() -> None:
    assert "\n".join(render_by_source(by_source(ROWS, ["medium"]), "medium")) == (
        "within and between sources at medium: precision and recall of pairs, below them the true pairs\n"
        "                        civil         mags\n"
        "civil                 - 0.000\n"
        "                           40\n"
        "mags                      - -  0.995 0.800\n"
        "                            0       12,345"
    )


def stage_rows() -> list[SimpleNamespace]:
    figures = {
        ("a", "predicted_pairs"): 30.0,
        ("a", "pairwise_precision"): 0.9,
        ("a+c", "predicted_pairs"): 10.0,
        ("a+c", "pairwise_precision"): 0.5,
        ("b+c", "predicted_pairs"): 30.0,
        ("b+c", "pairwise_precision"): 1.0,
        ("c", "predicted_pairs"): 1000.0,
        ("between", "true_pairs_owned"): 50.0,
        ("between", "stage_recall"): 0.7,
        ("between", "share_enough"): 0.8,
        ("between", "stage_recall_enough"): 0.875,
        ("between", "blocking_reach"): 0.9,
        ("within", "true_pairs_owned"): 0.0,
    }
    return [SimpleNamespace(slice=s, metric=m, threshold="medium", value=value) for (s, m), value in figures.items()]


STAGES = (
    Stage.model_validate({"name": "between", "between": [["a", "b"], ["c"]], "link_type": "link", "model": "m"}),
    Stage.model_validate({"name": "within", "sources": ["d"], "link_type": "dedupe", "model": "m"}),
)


def test_precision_of_a_stage_is_that_of_the_pairs_of_sources_it_scores() -> None:
    told = by_stage(stage_rows(), STAGES, ["medium"])["medium"]
    assert told["between"]["precision"] == pytest.approx((10 * 0.5 + 30) / 40)
    assert (told["between"]["predicted_pairs"], told["between"]["true_pairs"]) == (40, 50)
    assert (told["between"]["reach"], "reach_enough" in told["between"]) == (0.9, False)
    assert told["within"] == {"true_pairs": 0, "predicted_pairs": 0}
    assert by_stage([], STAGES, ["medium"]) == {}


def test_stages_are_no_sources_of_the_matrix() -> None:
    assert [*by_source(stage_rows(), ["medium"])["medium"]] == ["a", "c", "a+c", "b+c"]


def test_the_table_of_stages_tells_every_share_and_dashes_for_shares_of_nothing() -> None:
    lines = [*render_by_stage(by_stage(stage_rows(), STAGES, ["medium"]), "medium")]
    assert lines[3].split() == ["between", "50", "0.8750", "0.7000", "0.8000", "0.8750", "0.9000", "-"]
    assert lines[4].split() == ["within", "0", *"------"]
    assert all(len(line) <= 120 for line in lines)


@pytest.mark.parametrize("sources", [1, 2, 8, 9, 20])
def test_the_page_is_at_most_120_characters_wide_and_tells_each_pair_once(sources: int) -> None:
    names = [f"s{n:02d}_{'x' * 20}" for n in range(sources)]
    pairs = [(a, b) for a in names for b in names if a <= b]
    figures = {a if a == b else f"{a}+{b}": {"precision": 1.0, "recall": 0.5, "true_pairs": 10**8 + n} for n, (a, b) in enumerate(pairs)}
    lines = [*render_by_source({"medium": figures}, "medium")]
    assert all(len(line) <= 120 for line in lines)
    told = " ".join(lines).split()
    assert [told.count(f"{10**8 + n:,}") for n in range(len(pairs))] == [1 if sources > 1 else 0] * len(pairs)

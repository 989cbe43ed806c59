"""The model of the general reading: its scores are those stored with it, and what it is made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.heuristics.features import FIGURES
from crawler.heuristics.forest import Model, Step, forest

ROOT = Path(__file__).resolve().parent.parent


def test_the_model_is_for_the_figures_that_are_reckoned() -> None:
    """A change of the figures needs a new model."""
    assert forest().model.figures == FIGURES


def test_confidence_grows_with_what_speaks_for_a_reading() -> None:
    """The points of the calibration rise, between 0 and 1."""
    shares = [step.share for step in forest().model.steps]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1


@pytest.mark.parametrize(("sign", "expected"), [(-1, 0.2), (0, 0.2), (0.5, 0.4), (1.5, 0.7), (2, 0.8), (9, 0.8)])
def test_confidence_lies_on_the_line_between_two_points(sign: float, expected: float) -> None:
    """So that of two pages the one that more speaks for is the surer one; beyond the ends it stays the same."""
    points = (Step(0, 0.2), Step(1, 0.6), Step(2, 0.8))
    model = Model(format=1, figures=(), trees=(), inside=0, edge=0, weights=(0, 1), steps=points)
    assert expected == model.confidence((sign,))


def test_the_shipped_model_scores_what_is_stored(corpus: Path) -> None:
    """On the recorded portals; a changed walk, figure or rule of the body shows here. Train anew, then compare."""
    training = pytest.importorskip("training.general", reason="lightgbm is needed for training")
    stored = json.loads((ROOT / "training" / "scores.json").read_text(encoding="utf-8"))
    assert training.shipped(training.samples([corpus]), forest()) == stored["shipped"]


def test_the_documents_figures_are_those_of_the_benchmark() -> None:
    """`python -m benchmarks.general` writes both."""
    general = pytest.importorskip("benchmarks.general", reason="lightgbm is needed for the benchmark")
    result = json.loads(general.RESULT.read_text(encoding="utf-8"))
    document = general.DOCUMENT.read_text(encoding="utf-8")
    assert general.written(document, result) == document


def test_the_benchmarks_folds_are_those_of_the_training() -> None:
    """A model that is trained anew needs the benchmark anew: the F1 of the corpus's bodies agrees within the records' own rules."""
    stored = json.loads((ROOT / "training" / "scores.json").read_text(encoding="utf-8"))["sets"]
    measured = json.loads((ROOT / "benchmarks" / "general.json").read_text(encoding="utf-8"))["sets"]
    assert {name: found["pages"] for name, found in stored.items()} == {
        name: found["pages"] for name, found in measured.items()
    }
    assert measured["corpus"]["f1"] == pytest.approx(stored["corpus"]["f1"], abs=0.005)

"""The guard on speed: what a page costs in counted steps stays where it is pinned."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks import guard


def test_no_page_costs_more_than_is_pinned() -> None:
    """Within the tolerance; else the functions that grew are named. Pins are for one version of Python."""
    pins = guard.pinned()
    if not pins:
        reason = f"no steps are pinned for Python {guard.VERSION}: `make guard` pins them"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    grown = [
        guard.growth(page, counts, pins[page])
        for page, counts in guard.counted().items()
        if sum(counts.values()) > sum(pins[page].values()) * (1 + guard.TOLERANCE)
    ]
    how = "make it cheaper, or `make guard RAISE=1` and say in the commit what it is worth"
    assert not grown, "\n".join([*grown, how])


def test_steps_are_lines_and_calls_of_c_functions() -> None:
    """By function, loops counted as often as they turn."""

    def turns() -> None:
        for text in ("1", "2", "3"):
            int(text)
            text.strip()

    with guard.Steps() as steps:
        turns()
    [(name, found)] = [(name, n) for name, n in steps.counts.items() if name.endswith("turns")]
    assert (name, found) == ("tests/test_guard.py:test_steps_are_lines_and_calls_of_c_functions.<locals>.turns", 13)


def test_growth_names_what_grew_most() -> None:
    """With what the page costs now, what is pinned, and what no pin names."""
    pin = {"a": 900, "b": 90, guard.REST: 10}
    growth = guard.growth("page", {"a": 800, "b": 290, "c": 100, "d": 1}, pin)
    assert growth.splitlines() == [
        "page: 1191 steps, pinned are 1000: +19.1 %",
        "      +200  b",
        "      +100  c  (new, or hardly there before)",
        "      -100  a",
        "        -9  all the others",
    ]


def test_less_is_pinned_freely_and_more_only_when_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each page by itself; other versions of Python keep their pins; what is small is pinned together."""
    monkeypatch.setattr(guard, "PINS", tmp_path / "guard.json")
    counts = {"one": {"a": 1000, "b": 1, "c": 1}, "two": {"a": 500}}
    monkeypatch.setattr(guard, "counted", lambda: {page: dict(found) for page, found in counts.items()})
    guard.PINS.write_text(json.dumps({"2.7": {}}))
    assert guard.pin(more=False) == 0
    assert guard.pinned() == {"one": {"a": 1000, guard.REST: 2}, "two": {"a": 500, guard.REST: 0}}
    counts["one"]["a"], counts["two"]["a"] = 900, 600
    assert guard.pin(more=False) == 1
    assert {page: found["a"] for page, found in guard.pinned().items()} == {"one": 900, "two": 500}
    assert "not pinned: two: 600 steps, pinned are 500: +20.0 %" in capsys.readouterr().out
    assert guard.pin(more=True) == 0
    assert guard.pinned()["two"]["a"] == 600
    assert set(json.loads(guard.PINS.read_text())) == {"2.7", guard.VERSION}

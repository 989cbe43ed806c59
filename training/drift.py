"""How often the sequential test of layout drift errs, by simulation: `python -m training.drift`.

Harmless runs: the rules of a layout hit at rates as those of the reviewed fixtures do, a part of them depending on the
channel, and pages come in bursts of one channel. Changed runs: all pages after a page, or a part of them, miss one rule.
An event threshold is the lowest with at most one false alarm in `ALLOWED` runs in every harmless setting: one for misses
without a trace of the value on the page, and a lower one for those with a trace. Its results
are data of the package, `crawler/drift/threshold.json`.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from crawler.drift.sequential import MINIMUM, MOST_HISTORY, RARE, RuleTest

TARGET: Final = Path(__file__).resolve().parent.parent / "crawler" / "drift" / "threshold.json"
ALLOWED: Final = 500
"""Harmless runs for one false alarm."""
RULES: Final = 35
CHANNELS: Final = 5
BURST: Final = 6
"""Mean number of pages of one channel in a row."""
DEPENDENT: Final = 0.15
"""The part of the rules whose rate differs by channel."""
SPREAD: Final = 3.0
"""How little the channels' rates differ: the parameters of their Beta distribution add up to this."""
RATES: Final = ((0.55, 200.0, 0.4), (0.25, 9.0, 1.0), (0.2, 1.0, 1.0))
"""Rules by their rate of hits: share, and parameters of a Beta distribution. Of the rules that all of 3 or more fixtures
hit, 2 % miss on a recorded page; of all rules that 6 or more fixtures could hit, a third hit on all or nearly all."""
SETTINGS: Final = ((20, 20), (60, 20), (200, 20), (20, 100), (60, 100), (200, 400))
"""Pages of history, and pages of the run."""
CHANGES: Final = ((60, 1.0), (150, 1.0), (150, 0.5), (150, 0.3))
"""Pages of history, and the part of the pages that misses the rule after the change."""
RUNS: Final = 4000
NEVER: Final = 61
"""Stands for no event within 60 pages."""
LEVELS: Final = (*map(float, range(4, 40, 2)),)
TRACED: Final = 0.03
"""The part of the misses of a channel at which something like the rule's element stands on the page all the same."""


class Site:
    """The rules of a layout, with their rates by channel."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.rates = [self._rule() for _ in range(RULES)]
        self.shares = [dice.random() + 0.1 for _ in range(CHANNELS)]

    def _rule(self) -> list[float]:
        dice = self.dice
        _, good, bad = dice.choices(RATES, [share for share, _, _ in RATES])[0]
        rate = dice.betavariate(good, bad)
        if dice.random() >= DEPENDENT:
            return [rate] * CHANNELS
        return [dice.betavariate(max(rate * SPREAD, 0.01), max((1 - rate) * SPREAD, 0.01)) for _ in range(CHANNELS)]

    def channels(self, pages: int) -> Iterator[int]:
        """Yield the channel of each page."""
        channel = 0
        for number in range(pages):
            if not number or self.dice.random() < 1 / BURST:
                channel = self.dice.choices(range(CHANNELS), self.shares)[0]
            yield channel


def harmless(dice: random.Random, history: int, pages: int, *, traced: bool) -> float:
    """Return the highest suspicion of any rule, with enough misses to decide, in a run without a change.

    With `traced`, only misses with a trace count, whose history is assumed and not known.
    """
    site = Site(dice)
    worst = 0.0
    before, run = list(site.channels(history)), list(site.channels(pages))
    for rates in site.rates:
        hits = sum(dice.random() < rates[channel] for channel in before)
        if RuleTest(hits, history).expected() > RARE:
            continue
        test = RuleTest(hits, history)
        if traced:
            parts = [dice.betavariate(TRACED * SPREAD, (1 - TRACED) * SPREAD) for _ in range(CHANNELS)]
            rates = [1 - (1 - rate) * part for rate, part in zip(rates, parts, strict=True)]  # noqa: PLW2901
            test = RuleTest(MOST_HISTORY, MOST_HISTORY)
        for channel in run:
            suspicion = test.add(hit=dice.random() < rates[channel])
            if suspicion > worst and test.misses >= MINIMUM:
                worst = suspicion
    return worst


def changed(dice: random.Random, history: int, share: float, event: float) -> int:
    """Return the number of pages after the change until the event; 0: none within 60 pages."""
    test = RuleTest(sum(dice.random() < 0.998 for _ in range(history)), history)
    for number in range(60):
        suspicion = test.add(hit=dice.random() >= share)
        if suspicion >= event and test.misses >= MINIMUM:
            return number + 1
    return 0


def simulated(runs: int, seed: int = 7) -> dict[str, object]:
    """Return thresholds and the rates that they give; `runs` is the number of harmless runs of 20 pages."""
    thresholds: dict[str, float] = {"hold": 3.0, "undecided": 6.0}
    result: dict[str, object] = {"threshold": thresholds, "seed": seed}
    for name, traced in (("absent", False), ("traced", True)):
        worst = {}
        for history, pages in SETTINGS:
            dice = random.Random(f"{seed} {name} {history} {pages}")  # noqa: S311
            many = runs if pages <= 20 else runs // 4
            worst[f"history {history}, run {pages}"] = [
                harmless(dice, history, pages, traced=traced) for _ in range(many)
            ]  # fmt: skip
        thresholds[name] = next(
            level for level in LEVELS if all(_alarms(one, level) * ALLOWED <= len(one) for one in worst.values())
        )
        result[f"{name}: harmless runs with an event"] = {
            setting: {"runs": len(found), **{f"{level:g}": _alarms(found, level) for level in LEVELS}}
            for setting, found in worst.items()
        }
        delays = {}
        for history, share in CHANGES:
            dice = random.Random(f"{seed} {history} {share}")  # noqa: S311
            found = sorted(changed(dice, history, share, thresholds[name]) or NEVER for _ in range(1000))
            delays[f"history {history}, {share:.0%} of the pages"] = {
                "median": found[500], "99 %": found[990], "longest": found[-1]
            }  # fmt: skip
        result[f"{name}: pages until the event"] = delays
    return result


def _alarms(found: Sequence[float], level: float) -> int:
    return sum(one >= level for one in found)


def main(arguments: Sequence[str]) -> None:
    """Run the simulation and write its results."""
    runs = int(arguments[0]) if arguments else RUNS
    TARGET.write_text(json.dumps(simulated(runs), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

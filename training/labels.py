"""Which lines of a page are its body: found in the gold text by position, so that a nav's words are not the article's."""

from __future__ import annotations

import re
from collections import defaultdict

from crawler.heuristics.outline import Outline
from training.pages import shingles, squeezed

_HANZI = re.compile(r"[\u3400-\u9fff]")
_LONG = 12
"""Characters from which a line that the gold holds is its, wherever it stands."""


def labels(outline: Outline, gold: str) -> list[float]:
    """Return for each line the share of it that is the body's: 1 or 0, something between where the gold cuts it."""
    whole = squeezed(gold).lower()
    run = 5 if _HANZI.search(whole[:200]) else 12
    bag = shingles(whole, run)
    texts = [squeezed(line.text).lower() for line in outline.lines]
    found = [0.0] * len(texts)
    place: list[int] = [-1] * len(texts)
    wanted: dict[int, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        if len(text) < _LONG:
            continue
        at = whole.find(text)
        if at >= 0:
            found[number], place[number] = 1.0, at
            if whole.find(text, at + 1) < 0:
                wanted[at].append(number)
        else:
            own = shingles(text, run)
            share = sum((own & bag).values()) / sum(own.values())
            if share > 0.5:
                found[number] = share
                place[number] = max(0, whole.find(text[: len(text) // 2]))
    # of several copies of a line, those count that stand by most of the rest
    weight = [found[n] * len(texts[n]) for n in range(len(texts))]
    box: dict[int, float] = defaultdict(float)
    for number, line in enumerate(outline.lines):
        at = line.element
        for _ in range(3):
            box[at] += weight[number]
            at = outline.parents[at]
    for numbers in wanted.values():
        if len(numbers) > 1:
            best = max(numbers, key=lambda n: (sum_up(outline, box, n), -n))
            for number in numbers:
                if number != best:
                    found[number] = 0.0
    sure = [n for n in range(len(texts)) if found[n] >= 0.5 and len(texts[n]) >= _LONG]
    if not sure:
        return [1.0 if text and text in whole else 0.0 for text in texts]
    before: list[int] = []
    last = -1
    for number in range(len(texts)):
        if found[number] >= 0.5 and place[number] >= 0:
            last = number
        before.append(last)
    after = [-1] * len(texts)
    last = -1
    for number in range(len(texts) - 1, -1, -1):
        if found[number] >= 0.5 and place[number] >= 0 and len(texts[number]) >= _LONG:
            last = number
        after[number] = last
    for number, text in enumerate(texts):
        if not text or len(text) >= _LONG:
            continue
        prior, following = before[number], after[number]
        start = place[prior] + len(texts[prior]) // 2 if prior >= 0 and place[prior] >= 0 else 0
        end = place[following] + 2 if following >= 0 else len(whole)
        if prior < 0 and following >= 0 and following - number > 6:
            continue
        if following < 0 and prior >= 0 and number - prior > 6:
            continue
        at = whole.find(text, start, min(end, start + 600) if prior >= 0 else end)
        if at >= 0 and (prior >= 0 or end - at < 80):
            found[number] = 1.0
            place[number] = at
            before[number + 1 :] = [max(value, number) if value < number else value for value in before[number + 1 :]]
    start, end = _span(outline, found)
    return [
        value if start <= number < end or (len(text) > 60 and line.linked * 2 < line.length) else 0.0
        for number, (value, text, line) in enumerate(zip(found, texts, outline.lines, strict=True))
    ]


def _span(outline: Outline, found: list[float]) -> tuple[int, int]:
    """Return the run of lines that holds most of what was found and least of the rest."""
    best, span, total, start = 0.0, (0, 0), 0.0, 0
    for number, (value, line) in enumerate(zip(found, outline.lines, strict=True)):
        if total <= 0:
            total, start = 0.0, number
        total += (value - 0.4) * line.length**0.5
        if total > best:
            best, span = total, (start, number + 1)
    return span


def sum_up(outline: Outline, box: dict[int, float], number: int) -> float:
    """Return how much of the body stands in the three elements around a line."""
    at = outline.lines[number].element
    total = 0.0
    for _ in range(3):
        total += box[at]
        at = outline.parents[at]
    return total

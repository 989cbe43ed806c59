"""The best assignment of old things to new ones, all at once (the Hungarian method)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def assigned(scores: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """Return for each name the other name, so that no two have the same and the sum of the scores is the greatest.

    Names without a score for each other are never paired.
    """
    found: dict[str, str] = {}
    for old, new in _components(scores):
        found |= _best(old, new, scores)
    return found


def _components(scores: Mapping[str, Mapping[str, float]]) -> list[tuple[list[str], list[str]]]:
    """Return the names that compete with each other, in groups."""
    by_new: dict[str, list[str]] = {}
    for old, row in scores.items():
        for new in row:
            by_new.setdefault(new, []).append(old)
    groups: list[tuple[list[str], list[str]]] = []
    seen: set[str] = set()
    for start in scores:
        if start in seen:
            continue
        seen.add(start)
        olds, news, waiting = [start], dict.fromkeys(scores[start]), [start]
        while waiting:
            for new in scores[waiting.pop()]:
                news[new] = None
                for old in by_new[new]:
                    if old not in seen:
                        seen.add(old)
                        olds.append(old)
                        waiting.append(old)
        groups.append((olds, [*news]))
    return groups


def _best(olds: Sequence[str], news: Sequence[str], scores: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """Return the best assignment of one group. Each may also stay alone, at a score of 0."""
    if len(olds) == 1:
        row = scores[olds[0]]
        return {olds[0]: max(row, key=lambda one: (row[one], one))} if row else {}
    rows = len(olds)
    columns = len(news) + rows
    costs = [[-scores[old].get(new, -1.0) for new in news] + [0.0] * rows for old in olds]
    matched = hungarian(costs, columns)
    return {
        old: news[column]
        for old, column in zip(olds, matched, strict=True)
        if column < len(news) and news[column] in scores[old]
    }


def hungarian(costs: Sequence[Sequence[float]], columns: int) -> list[int]:
    """Return for each row its column, each column once, with the least sum of costs; rows may not exceed columns.

    The method with potentials, O(rows² · columns); see https://cp-algorithms.com/graph/hungarian-algorithm.html.
    """
    rows = len(costs)
    infinite = float("inf")
    of_row, of_column = [0.0] * (rows + 1), [0.0] * (columns + 1)
    row_of, came = [0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, rows + 1):
        row_of[0] = row
        column = 0
        least = [infinite] * (columns + 1)
        used = [False] * (columns + 1)
        while True:
            used[column] = True
            here, delta, nearest = row_of[column], infinite, 0
            cost = costs[here - 1]
            for one in range(1, columns + 1):
                if used[one]:
                    continue
                reduced = cost[one - 1] - of_row[here] - of_column[one]
                if reduced < least[one]:
                    least[one], came[one] = reduced, column
                if least[one] < delta:
                    delta, nearest = least[one], one
            for one in range(columns + 1):
                if used[one]:
                    of_row[row_of[one]] += delta
                    of_column[one] -= delta
                else:
                    least[one] -= delta
            column = nearest
            if row_of[column] == 0:
                break
        while column:
            row_of[column] = row_of[came[column]]
            column = came[column]
    found = [0] * rows
    for column in range(1, columns + 1):
        if row_of[column]:
            found[row_of[column] - 1] = column - 1
    return found

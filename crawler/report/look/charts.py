"""Charts as inline SVG: stacked bars and lines over time, legible in both themes, with their figures as a table.

Colours are classes of `charts.css`, because the reports' policy allows no inline style. A series has its own mark
besides its colour: the order of the bars, the dashes of a line, its name in the legend.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .document import Html, templates

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 10, 26
COLOURS = 8
"""Number of series with a colour of their own; the others share the last one."""
_LABELS = 8
"""Maximum number of labels below a chart."""
_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


class Series(msgspec.Struct, frozen=True):
    """The values of one series by position; None where there is none. `tone` is its class, by default its number."""

    name: str
    values: tuple[float | None, ...]
    tone: str | None = None


class Bar(msgspec.Struct, frozen=True):
    """One part of a stacked bar, in pixels."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    says: str


class Dot(msgspec.Struct, frozen=True):
    """One value of a line, in pixels."""

    x: float
    y: float
    says: str


class Line(msgspec.Struct, frozen=True):
    """A line: its SVG path, interrupted where there is no value."""

    path: str
    tone: str
    dots: tuple[Dot, ...]


class Tick(msgspec.Struct, frozen=True):
    """A label of an axis and its position in pixels."""

    at: float
    text: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What charts have in common: title, axes, legend, figures."""

    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    tones: tuple[str, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

    def figure(self, value: float | None) -> str:
        """Return a value for people."""
        return figure(value, self.unit)


def figure(value: float | None, unit: str, *, short: bool = False) -> str:
    """Return a value for people; a `unit` of "%" makes a share a percentage, `short` leaves out needless digits."""
    if value is None:
        return "–"
    if unit == "%" and short:
        return f"{100 * value:.3g} %"
    if unit == "%":
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def stacked(title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "") -> Html:
    """Return a chart of stacked bars, one for each label; the first series is at the bottom."""
    top = max((sum(one.values[at] or 0 for one in series) for at in range(len(labels))), default=0)
    most = _nice(top)
    tones = _tones(series)
    slot = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    width = min(slot * 0.8, 46)
    bars = []
    for at, label in enumerate(labels):
        below = float(HEIGHT - BOTTOM)
        for one, tone in zip(series, tones, strict=True):
            value = one.values[at]
            if not value:
                continue
            height = value / most * (HEIGHT - BOTTOM - TOP)
            below -= height
            says = f"{label}: {one.name} {figure(value, unit)}"
            x = LEFT + at * slot + (slot - width) / 2
            # Half a pixel of the ground shows between parts; a part that is there is never thinner than a pixel.
            bars.append(Bar(_px(x), _px(below), _px(width), _px(max(height - 0.5, 1.0)), tone, says))
    return _drawn(title, labels, series, tones, unit, most, slot, bars=tuple(bars))


def lines(title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "%") -> Html:
    """Return a chart of lines; a missing value interrupts its line."""
    values = [value for one in series for value in one.values if value is not None]
    most = _nice(max(values, default=0), 0.01 if unit == "%" else 1.0)
    tones = _tones(series)
    slot = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    drawn = []
    for one, tone in zip(series, tones, strict=True):
        dots, path, pen = [], [], "M"
        for at, value in enumerate(one.values):
            if value is None:
                pen = "M"
                continue
            x, y = _px(LEFT + (at + 0.5) * slot), _px(HEIGHT - BOTTOM - value / most * (HEIGHT - BOTTOM - TOP))
            path.append(f"{pen}{x} {y}")
            dots.append(Dot(x, y, f"{labels[at]}: {one.name} {figure(value, unit)}"))
            pen = "L"
        drawn.append(Line(" ".join(path), tone, tuple(dots)))
    return _drawn(title, labels, series, tones, unit, most, slot, lines=tuple(drawn))


def _drawn(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    tones: tuple[str, ...],
    unit: str,
    most: float,
    slot: float,
    *,
    bars: tuple[Bar, ...] = (),
    lines: tuple[Line, ...] = (),
) -> Html:
    every = -(-len(labels) // _LABELS) or 1
    across = [Tick(_px(LEFT + (at + 0.5) * slot), label) for at, label in enumerate(labels) if not at % every]
    tall = HEIGHT - BOTTOM - TOP
    up = [Tick(_px(HEIGHT - BOTTOM - part * tall), figure(most * part, unit, short=True)) for part in (0, 0.5, 1)]
    frame = Frame(
        title=title,
        unit=unit,
        labels=tuple(labels),
        series=tuple(series),
        tones=tones,
        across=tuple(across),
        up=tuple(up),
        bars=bars,
        lines=lines,
    )
    return Html(templates().get_template("look/chart.html").render(chart=frame))


def _tones(series: Sequence[Series]) -> tuple[str, ...]:
    return tuple(one.tone or f"c{min(at, COLOURS - 1) + 1}" for at, one in enumerate(series))


def _nice(value: float, least: float = 1.0) -> float:
    """Return the least round number that is not less than `value`: the top of an axis; `least` if there is no value."""
    if value <= 0:
        return least
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * step for step in _STEPS if power * step >= value * 0.999999)


def _px(value: float) -> float:
    return round(value, 2)

"""The documentation's pictures: explain pages and the coverage matrix, in Chromium, by `python -m tests.screenshots`."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from crawler.extract import profiles_in
from crawler.regression.fixture import fixtures
from crawler.regression.matrix import matrix
from crawler.report import matrix as matrix_report
from crawler.report.explain import lay_out, render, render_comparison
from crawler.report.explain.sheet import Sheet
from tests.browser import NoBrowser, started
from tests.cases import PAGES, shipped

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "img"
MAX_BYTES = 200_000
COLOURS = 256
RICH = "netease/2020_post_main/rich_blocks"


def proved(site: str) -> str:
    """Return the coverage matrix of a site, as a machine shows it that has crawled nothing."""
    profile = profiles_in()[site]
    return matrix_report.render(matrix(profile, fixtures(PAGES, site), FOLDER), profile.site.title)


class Shot(NamedTuple):
    """One picture: its name, the page, what is done before it is taken, light or dark."""

    name: str
    html: Callable[[], str]
    prepare: Callable[[Page], object]
    scheme: Literal["light", "dark"] = "light"


def sheet(name: str, *edits: tuple[str, str], called: str | None = None) -> Sheet:
    """Lay out a fixture's page, with strings of it replaced."""
    case = shipped(name)
    text = case.body.decode("utf-8")
    for old, new in edits:
        text = text.replace(old, new)
    return lay_out(text.encode(), case.response["url"], name=called or name, headers=case.response["headers"])


def broken() -> Sheet:
    """Lay out a page whose site renamed the headline's class and the next article's."""
    return sheet(
        RICH,
        ("post_title", "title_2027"),
        ("<h1", "<h4"),
        ('"post_next', '"next_2027'),
        called=f"{RICH}, classes renamed",
    )


SHOTS = (
    Shot("explain", lambda: render(sheet(RICH)), lambda page: page.locator(".run[data-role=info]").click()),
    Shot(
        "explain-dark", lambda: render(sheet(RICH)), lambda page: page.locator(".run[data-role=table]").click(), "dark"
    ),
    Shot(
        "explain-compare",
        lambda: render_comparison(sheet(RICH), broken()),
        lambda page: page.keyboard.press("n"),
    ),
    Shot(
        "explain-no-record",
        lambda: render(sheet(RICH, ("post_main", "main_2027"), ("post_title", "title_2027"))),
        lambda page: page.keyboard.press("j"),
    ),
    Shot("coverage-matrix", lambda: proved("netease"), lambda page: page.mouse.move(0, 0)),
)


def small(png: bytes) -> bytes:
    """Return a picture with a palette: text and tints need no more, and it is a third of the size."""
    from PIL import Image

    made = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    palette = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette.save(made, "PNG", optimize=True)
    return made.getvalue()


def main() -> int:
    """Write all pictures; status 1 where there is no browser or a picture is too large."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with started() as chromium:
            for shot in SHOTS:
                with chromium.show(shot.html(), scheme=shot.scheme) as shown:
                    shot.prepare(shown.page)
                    shown.page.wait_for_timeout(300)
                    picture = small(shown.page.screenshot())
                path = FOLDER / f"{shot.name}.png"
                path.write_bytes(picture)
                print(f"{path.relative_to(FOLDER.parent.parent)}: {len(picture):,} bytes")
                if len(picture) > MAX_BYTES:
                    print(f"{path.name}: more than {MAX_BYTES:,} bytes; use fewer colours", file=sys.stderr)
                    return 1
    except NoBrowser as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

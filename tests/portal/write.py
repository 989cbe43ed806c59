"""The portal's pages: the annotated pages in `tests/pages` and the list pages in `tests/fixtures`.

`python -m tests.portal.write SITE/LAYOUT/CASE > saved.html` writes one as it is served.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from crawler.regression.fixture import Fixture, fixtures
from tests.portal.page import FixturePage

PAGES = Path(__file__).resolve().parent.parent / "pages"
LISTS = PAGES.parent / "fixtures"


def read_page(path: Path) -> FixturePage:
    """Return the page of an annotated file, or of the folder of a list page."""
    fixture = Fixture.at(path)
    exchange = fixture.exchange
    if path.is_dir():
        truth = json.loads((path / "truth.json").read_text(encoding="utf-8"))
    else:
        truth = fixture.expected.values if fixture.expected is not None else {}
    return FixturePage(
        site=fixture.site,
        layout=fixture.layout,
        case=fixture.name.rpartition("/")[2],
        url=exchange.url,
        body=fixture.body,
        truth=truth,
        headers=exchange.headers,
        status=exchange.status,
        fetched_at=exchange.fetched_at or "",
    )


def read_pages(*sites: str) -> list[FixturePage]:
    """Return the pages of `sites` (of all without a name): articles that give a record, and lists; one for a URL."""
    paths = [fixture.folder for fixture in fixtures(PAGES)]
    paths += sorted(path.parent for path in LISTS.glob("*/lists/*/truth.json"))
    found: dict[str, FixturePage] = {}
    for page in map(read_page, paths):
        if not sites or page.site in sites:
            found.setdefault(page.url, page)
    return list(found.values())


def main(arguments: list[str]) -> int:
    """Write the page that is named to standard output."""
    path = PAGES / f"{arguments[0]}.html" if len(arguments) == 1 else None
    if path is None or not path.is_file():
        print("usage: python -m tests.portal.write SITE/LAYOUT/CASE > FILE (a page of tests/pages)", file=sys.stderr)
        return 2
    sys.stdout.buffer.write(Fixture.at(path).body)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

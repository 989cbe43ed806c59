"""Writes the fixtures: ``python -m tests.portal.write`` makes ``tests/fixtures/<site>/<layout>/<case>/`` anew.

Every case is a folder: ``page.html.gz`` (the bytes as served; a feed has the same name), ``response.json`` (how they
were served) and ``truth.json`` (what is on the page). The files are the same bytes on every run.
"""

from __future__ import annotations

import gzip
import importlib
import json
import pkgutil
import shutil
from collections.abc import Iterator
from pathlib import Path

import tests.portal
from crawler.regression.fixture import fixtures
from tests.portal.page import FixturePage

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
PAGES = FIXTURES.parent / "pages"


def sites() -> list[str]:
    """Return the names of the site packages: those under tests.portal that offer ``pages()``."""
    packages = [module.name for module in pkgutil.iter_modules(tests.portal.__path__) if module.ispkg]
    return sorted(name for name in packages if hasattr(importlib.import_module(f"tests.portal.{name}"), "pages"))


def all_pages(*names: str) -> list[FixturePage]:
    """Return the pages of the sites ``names``, of all sites without a name."""
    found: list[FixturePage] = []
    for name in names or sites():
        found += importlib.import_module(f"tests.portal.{name}").pages()
    return found


def files(page: FixturePage) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a page's folder: name and content."""
    response = {
        "url": page.url,
        "status": page.status,
        "headers": page.headers,
        "fetchedAt": page.fetched_at,
        "charset": page.charset,
        "note": page.note,
    }
    yield "page.html.gz", packed(page.body)
    yield "response.json", _json(response)
    yield "truth.json", _json(page.truth)


def read_page(folder: Path) -> FixturePage:
    """Return the page that the files of ``folder`` hold."""
    site, layout, case = folder.relative_to(FIXTURES).parts
    response = json.loads((folder / "response.json").read_text(encoding="utf-8"))
    return FixturePage(
        site=site,
        layout=layout,
        case=case,
        url=response["url"],
        body=gzip.decompress((folder / "page.html.gz").read_bytes()),
        truth=json.loads((folder / "truth.json").read_text(encoding="utf-8")),
        headers=response["headers"],
        status=response["status"],
        note=response["note"],
        charset=response["charset"],
        fetched_at=response["fetchedAt"],
    )


def read_pages(*names: str) -> list[FixturePage]:
    """Return the built pages on disk of the sites ``names`` (of all without a name), in the order of their folders."""
    folders = sorted(path.parent for path in FIXTURES.glob("*/*/*/truth.json"))
    return [read_page(folder) for folder in folders if not names or folder.parts[-3] in names]


def annotated_pages(*names: str) -> list[FixturePage]:
    """Return the annotated pages of the sites ``names`` (of all without a name) that must give a record."""
    found = []
    for fixture in fixtures(PAGES):
        if names and fixture.site not in names:
            continue
        exchange = fixture.exchange
        found.append(
            FixturePage(
                site=fixture.site,
                layout=fixture.layout,
                case=fixture.name.rpartition("/")[2],
                url=exchange.url,
                body=fixture.body,
                truth={},
                headers=exchange.headers,
                status=exchange.status,
                fetched_at=exchange.fetched_at or "",
            )
        )
    return found


def packed(body: bytes) -> bytes:
    """Return ``body`` gzipped, without a time in the header."""
    return gzip.compress(body, 9, mtime=0)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def main() -> None:
    """Write every fixture and drop the folders that no builder makes any more."""
    total = 0
    for name in sites():
        pages = all_pages(name)
        kept = {FIXTURES / page.name for page in pages}
        for truth in (FIXTURES / name).glob("*/*/truth.json"):  # recorded cases have none and stay
            if truth.parent not in kept:
                shutil.rmtree(truth.parent)
        for page in pages:
            folder = FIXTURES / page.name
            folder.mkdir(parents=True, exist_ok=True)
            for file, content in files(page):
                (folder / file).write_bytes(content)
                total += len(content)
            print(f"{page.name:50} {len(page.body):8} bytes  {page.url}")
    print(f"{total} bytes in all")


if __name__ == "__main__":
    main()

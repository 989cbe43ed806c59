"""The pages that are measured: those of profiled sites in the corpus, where it is there, and the shipped fixtures."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from crawler.extract import profiles_in
from crawler.page.charset import decode
from crawler.profiles.match import profile_for
from tests.cases import cases

CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"


@dataclass(frozen=True, slots=True)
class BenchPage:
    """A page to measure: `body` are its bytes, `text` the article's text as it must come out."""

    name: str
    url: str
    body: bytes
    charset: str
    text: str
    site: str


def corpus_pages() -> list[BenchPage]:
    """Return the corpus's articles of the sites that have a profile; [] where the corpus is not there."""
    index = CORPUS / "index.json"
    if not index.exists():
        return []
    pages = []
    for entry in json.loads(index.read_text(encoding="utf-8")):
        profile = profile_for(entry["url"], profiles_in().values())
        if entry["kind"] != "article" or profile is None:
            continue
        body = gzip.decompress((CORPUS / "pages" / f"{entry['name']}.html.gz").read_bytes())
        gold = json.loads((CORPUS / "gold" / f"{entry['name']}.json").read_text(encoding="utf-8"))
        text = "\n".join(gold["paragraphs"] or [])
        pages.append(BenchPage(entry["name"], entry["url"], body, decode(body, None)[1].name, text, profile.site.site))
    return pages


def fixture_pages() -> list[BenchPage]:
    """Return the shipped fixtures that are articles."""
    pages = []
    for case in cases():
        if case.values["kind"] != "article":
            continue
        body = case.body
        charset = decode(body, case.response["headers"].get("Content-Type"))[1].name
        pages.append(
            BenchPage(
                case.name, case.response["url"], body, charset, "\n".join(case.texts), case.name.partition("/")[0]
            )
        )
    return pages

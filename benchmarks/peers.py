"""Other extractors on the same bytes, each as its documentation calls it; those that are not installed are left out."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.pages import BenchPage

Peer = Callable[[BenchPage], str]


def _text(page: BenchPage) -> str:
    return page.body.decode(page.charset, "replace")


def _trafilatura(module: Any) -> Peer:
    return lambda page: module.extract(_text(page), url=page.url, include_comments=False) or ""


def _readability(module: Any) -> Peer:
    html = importlib.import_module("lxml.html")

    def run(page: BenchPage) -> str:
        return str(html.fromstring(module.Document(_text(page)).summary()).text_content())

    return run


def _newspaper(module: Any) -> Peer:
    def run(page: BenchPage) -> str:
        article = module.Article(page.url, language="zh", fetch_images=False)
        article.download(input_html=_text(page))
        article.parse()
        return str(article.text)

    return run


def _goose(module: Any) -> Peer:
    stop = importlib.import_module("goose3.text").StopWordsChinese
    goose = module.Goose({"stopwords_class": stop, "enable_image_fetching": False})
    return lambda page: str(goose.extract(raw_html=_text(page)).cleaned_text)


def _gne(module: Any) -> Peer:
    extractor = module.GeneralNewsExtractor()
    return lambda page: str(extractor.extract(_text(page))["content"])


def _resiliparse(module: Any) -> Peer:
    return lambda page: str(module.extract_plain_text(_text(page), main_content=True))


PEERS: dict[str, tuple[str, Callable[[Any], Peer]]] = {
    "trafilatura": ("trafilatura", _trafilatura),
    "readability-lxml": ("readability", _readability),
    "newspaper4k": ("newspaper", _newspaper),
    "goose3": ("goose3", _goose),
    "gne": ("gne", _gne),
    "resiliparse": ("resiliparse.extract.html2text", _resiliparse),
}


def installed() -> dict[str, Peer]:
    """Return the peers that can be imported here, by `name version`."""
    found: dict[str, Peer] = {}
    for name, (module, make) in PEERS.items():
        try:
            found[f"{name} {version(name)}"] = make(importlib.import_module(module))
        except (ImportError, PackageNotFoundError):
            continue
    return found

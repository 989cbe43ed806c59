"""Pages with gold bodies: folders of the form of `../shared/general`, and recorded portals as `../shared/corpus` has them."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from crawler.page.urls import host
from crawler.profiles.checks.suffixes import registered

_SPACE = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff\u3000\ufffd]+")


class Example(msgspec.Struct, frozen=True):
    """A page with its gold body; pages of one `group` (a site) are never in two folds."""

    set: str
    id: str
    url: str
    body: bytes
    gold: str
    group: str


def squeezed(text: str) -> str:
    """Return a text without white space, as the scoring programs compare texts."""
    return _SPACE.sub("", text)


def examples(folder: Path) -> Iterator[Example]:
    """Yield the pages of a folder that has `gold.jsonl` and `pages/`, or `gold/` and `pages/`; their order is fixed."""
    if (folder / "gold.jsonl").exists():
        for line in (folder / "gold.jsonl").read_text("utf-8").rstrip("\n").split("\n"):
            gold = json.loads(line)
            if not gold["text"].strip():
                continue
            body = gzip.decompress((folder / "pages" / f"{gold['id']}.html.gz").read_bytes())
            url = gold.get("url") or f"https://{gold['id']}.invalid/"
            yield Example(folder.name, gold["id"], url, body, gold["text"], registered(host(url)))
        return
    for path in sorted((folder / "gold").glob("*.json")):
        gold = json.loads(path.read_text("utf-8"))
        if gold.get("kind") != "article" or not gold.get("paragraphs"):
            continue
        packed = folder / "pages" / f"{gold['name']}.html.gz"
        body = gzip.decompress(packed.read_bytes()) if packed.exists() else packed.with_suffix("").read_bytes()
        yield Example(folder.name, gold["name"], gold["url"], body, "\n".join(gold["paragraphs"]), gold["site"])


def shingles(text: str, n: int = 4) -> Counter[str]:
    """Return the multiset of a text's runs of `n` characters, white space aside."""
    text = squeezed(text)
    return Counter(text[at : at + n] for at in range(max(1, len(text) - n + 1))) if text else Counter()


def f1(found: str, gold: str) -> float:
    """Return the F1 of two texts' runs of four characters."""
    a, b = shingles(found), shingles(gold)
    if not a or not b:
        return float(not a and not b)
    return 2 * sum((a & b).values()) / (sum(a.values()) + sum(b.values()))

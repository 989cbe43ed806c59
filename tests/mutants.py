"""Mutants of the fixtures: pages broken at random, by a seed, and the law that their records keep.

`python -m tests.mutants` tries 2,000 of them; the tests try a share.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser

from crawler import Record
from crawler.errors import PortalsieveError
from crawler.page import charset
from crawler.page.index import NOTEXT
from crawler.page.text import size, squeeze
from crawler.records.model import Flag
from tests.cases import Case, cases, record_of

COUNT, SEED = 2000, 10
_UNTOUCHED = ("<script", "</script", "<style", "</style", "<html", "</html", "</body", "<!--")
_TAG = re.compile(r"<[^>]{1,200}>")


def page_text(html: str) -> str:
    """Return the page's text by the contract's own words: every text node outside the listed elements, white space removed."""
    parts: list[str] = []
    stack = [LexborHTMLParser(html).root]
    while stack:
        node = stack.pop()
        while node is not None:
            if node.is_text_node:
                parts.append(node.text())
            elif node.is_element_node and node.tag not in NOTEXT and node.first_child is not None:
                stack.append(node.first_child)
            node = node.next
    return squeeze("".join(parts))


def partition_texts(record: Record) -> list[str]:
    """Return the texts of the record's partition: a body that was read from data is not part of the page's text."""
    headline = record.headline if record.provenance["headline"].rule.startswith("article.") else None
    texts = [record.title, headline, *(info.text for info in record.info)]
    if Flag.BODY_FROM_DATA not in record.flags:
        texts += [text for block in record.blocks for text in (block.text, block.caption)]
    texts += [entry.text for entry in record.chrome]
    return [text for text in texts if text]


def faults(record: Record, html: str) -> list[str]:
    """Return what of the page's text is lost or there twice, and whether the coverage counts it rightly."""
    text = page_text(html)
    there, given = Counter(text), Counter(squeeze("".join(partition_texts(record))))
    coverage = record.coverage
    parts = coverage.article + coverage.chrome + coverage.hidden + coverage.unknown
    found = [f"lost: {there - given}"] if there - given else []
    found += [f"twice: {given - there}"] if given - there else []
    if (coverage.total, parts) != (size(text), size(text)):
        found.append(f"coverage: {coverage.total} characters in parts of {parts}, the page has {size(text)}")
    return found


@lru_cache(maxsize=256)
def source(case: Case) -> str:
    """Return the case's page as text, in the charset that its record found."""
    found = record_of(case.name).fetch.charset
    assert found is not None
    return case.body.decode(found.name)


def mutate(html: str, rng: random.Random, changes: int) -> str:
    """Break `html` at `changes` random places: tags dropped, doubled, unclosed, hidden, renamed, text moved and cut."""
    tags = [match.span() for match in _TAG.finditer(html)]
    edits: list[tuple[int, int, str]] = []
    for start, end in rng.sample(tags, min(changes, len(tags))):
        tag = html[start:end]
        if not tag.lower().startswith(_UNTOUCHED):
            edits.append((start, end, rng.choice(_EDITS)(tag, rng)))
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    return rng.choice(_WHOLE)(html, rng) if rng.random() < 0.25 else html


_EDITS: tuple[Callable[[str, random.Random], str], ...] = (
    lambda tag, rng: "",
    lambda tag, rng: tag + tag,
    lambda tag, rng: tag[:-1],
    lambda tag, rng: tag.replace('class="', 'class="x'),
    lambda tag, rng: tag.replace('class="', 'class="x '),
    lambda tag, rng: tag.replace(' id="', ' id="x'),
    lambda tag, rng: tag + "孤字",
    lambda tag, rng: "<div>" + tag,
    lambda tag, rng: tag + "</div>",
    lambda tag, rng: "</p></div></td></table>" + tag,
    lambda tag, rng: "<table><tr><td>" + tag,
    lambda tag, rng: tag.replace(">", ' style="display:none">', 1),
    lambda tag, rng: tag.replace(">", " hidden>", 1),
    lambda tag, rng: "<!--" + tag,
    lambda tag, rng: f"<{rng.choice(sorted(NOTEXT))}>{tag}",
    lambda tag, rng: f"<{rng.choice(['b', 'a', 'p', 'li', 'video', 'object', 'figure', 'h1', 'form'])}>{tag}",
    lambda tag, rng: f"&{rng.choice(['amp', 'nbsp;', '#0;', '#x1F600;', 'lt', 'ensp;', '#xFFFD;', 'unknown;'])}{tag}",
    lambda tag, rng: tag.upper(),
)  # fmt: skip
"""What becomes of one tag."""


def _cut(html: str, rng: random.Random) -> str:
    return html[: rng.randrange(len(html))] + "</body></html>"


def _moved(html: str, rng: random.Random) -> str:
    start, end, to = sorted(rng.randrange(len(html)) for _ in range(3))
    return html[:start] + html[end:to] + html[start:end] + html[to:]


def _doubled(html: str, rng: random.Random) -> str:
    start, end = sorted(rng.randrange(len(html)) for _ in range(2))
    return html[:end] + html[start:]


def _noise(html: str, rng: random.Random) -> str:
    at = rng.randrange(len(html))
    noise = "".join(rng.choice("<>\"'&;=/!-\0\t\u200b\ufeff字a1 ") for _ in range(40))
    return html[:at] + noise + html[at:]


_WHOLE = (_cut, _moved, _doubled, _noise)
"""What becomes of a page, a quarter of the time: by place, without regard to tags."""


def mutants(count: int = COUNT, seed: int = SEED) -> list[tuple[Case, int]]:
    """Return the cases in turn, each with the seed of its mutant."""
    known = cases()
    return [(known[number % len(known)], seed * 1_000_000 + number) for number in range(count)]


def broken(case: Case, seed: int) -> bytes:
    """Return a mutant of the case's page as UTF-8; some bytes are changed in every tenth."""
    rng = random.Random(seed)
    html = mutate(source(case), rng, rng.randint(1, 12))
    body = bytearray(f'<meta charset="utf-8">{html}'.encode("utf-8", "replace"))
    if rng.random() < 0.1:
        for _ in range(rng.randint(1, 4)):
            body[rng.randrange(len(body))] = rng.randrange(256)
    return bytes(body)


def judged(case: Case, seed: int) -> tuple[str, list[str]]:
    """Return what comes of a mutant (`record` or a failure's name), and what is wrong with that."""
    body = broken(case, seed)
    try:
        record = case.extract(body)
    except PortalsieveError as error:
        return error.failure.value, [] if len(str(error)) > 20 else [f"no reason: {error}"]
    except Exception as error:  # noqa: BLE001 - the test is that no other exception is raised
        return "exception", ["".join(traceback.format_exception(error)[-4:])]
    text, _ = charset.decode(body, case.response["headers"].get("Content-Type"))
    return "record", faults(record, text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mutants, print what came of them; the exit status is 1 where one broke the law."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=COUNT, help=f"how many (default: {COUNT})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the changes (default: {SEED})")
    options = parser.parse_args(arguments)
    outcomes: Counter[str] = Counter()
    wrong = 0
    for case, seed in mutants(options.count, options.seed):
        name, found = judged(case, seed)
        outcomes[name] += 1
        wrong += bool(found)
        if found:
            print(f"{case.name}, seed {seed}:", *found, sep="\n  ", flush=True)
    print(f"{outcomes.total()} mutants:", ", ".join(f"{name} {count}" for name, count in outcomes.most_common()))
    print(f"{wrong} broke the law")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())

"""A page as text, cut, shuffled, mixed with another, or printed from a fixture: no line is lost or duplicated."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.errors import Quarantined
from crawler.page.text import squeeze
from tests.cases import Case, cases
from tests.conftest import SHARED
from tests.dumps import ARTICLES, WIDE, Dump, body, items, take, unknown

ALL = Dump("hao_static")
LINES = [line for line in ALL.lines if line]
BODY = range(LINES.index(ALL.body[0]), LINES.index(ALL.body[-1]) + 1)


@pytest.mark.parametrize("end", range(BODY[0] + 1, len(LINES)))
def test_cut_anywhere(end: int) -> None:
    """A dump that ends too early has the paragraphs that it has, and no other."""
    assert [LINES[n] for n in BODY if n < end] == body(take("\n".join(LINES[:end])))


@pytest.mark.parametrize("gone", [n for n in range(len(LINES)) if n != 1])
def test_one_line_missing(gone: int) -> None:
    """Whichever line is missing, the body is what is left of it."""
    text = "\n".join(line for n, line in enumerate(LINES) if n != gone)
    assert [LINES[n] for n in BODY if n != gone] == body(take(text))


@settings(max_examples=60)
@given(st.lists(st.integers(0, len(LINES) - 1), max_size=120), st.sampled_from(["\n", "\n\n", "\r\n", "\u2028"]))
def test_shuffled_lines_lose_nothing(order: list[int], end: str) -> None:
    """Any lines in any order give a record that holds each once, or a reason for not having one."""
    with contextlib.suppress(Quarantined):
        take(end.join(LINES[n] for n in order))


@settings(max_examples=60)
@given(st.sampled_from(ARTICLES), st.randoms(use_true_random=False), st.integers(1, 40))
def test_noise_between_the_lines_loses_nothing(name: str, rng: random.Random, count: int) -> None:
    """Lines of one dump among those of another, and characters changed at random, lose nothing either."""
    lines = Dump(name).text.splitlines()
    for _ in range(count):
        stranger = rng.choice(LINES)
        cut = rng.randrange(len(stranger) + 1)
        noise = stranger[:cut] + chr(rng.choice([0, 9, 0x200B, 0x3000, 0xFEFF, 0xFFFD, 0x1F600, rng.randrange(0xD800)]))
        lines.insert(rng.randrange(len(lines) + 1), noise + stranger[cut:])
    with contextlib.suppress(Quarantined):
        take("\n".join(lines))


def test_the_same_text_gives_the_same_record() -> None:
    """Byte for byte."""
    assert take(ALL.text).to_json() == take(ALL.text).to_json()


PAGES = [case for case in cases() if case.name.startswith("netease/2020_post_main/")]
BLOCKS = re.compile(
    "address|article|aside|blockquote|br|div|d[ltd]|footer|form|h[1-6r]|header|li|main|nav|[ou]l|p|pre|section|table|t[dr]"
    "|figure|figcaption"
)
SILENT = re.compile("script|style|noscript|textarea|iframe|svg|template|select|input|title")


def printed(node: LexborNode, *, hidden: bool) -> str:
    """Return the text below `node`, elements that are blocks on lines of their own; `hidden`: of the static page."""
    out = []
    child = node.first_child
    while child is not None:
        if child.is_text_node:
            out.append(child.text().replace("\n", " "))
        elif child.is_element_node and not SILENT.fullmatch(child.tag or ""):
            shown = "display:none" not in (child.attributes.get("style") or "").replace(" ", "")
            edge = "\n" if BLOCKS.fullmatch(child.tag or "") else ""
            if shown or hidden:
                out.append(edge + printed(child, hidden=hidden) + edge)
        child = child.next
    return "".join(out)


@pytest.mark.parametrize("hidden", [False, True], ids=["browser", "static"])
@pytest.mark.parametrize("case", PAGES, ids=lambda case: case.name)
def test_fixture_pages_copied_as_text(case: Case, hidden: bool) -> None:
    """A page and its copy as text have one headline and one body; a copy has captions, and what a player says, as lines."""
    blocks = case.values["blocks"]
    page = case.body.decode(case.values["charset"], "replace")
    root = LexborHTMLParser(page).body
    assert root is not None
    record = take(printed(root, hidden=hidden))
    lines = [block.get("text", block.get("caption", "")) for block in blocks]
    at = next((number for number, block in enumerate(blocks) if block["type"] == "video"), None)
    if at is not None:
        lines[at] = (
            "".join(part["text"] for part in case.values["chrome.hidden"] if "浏览器" in part["text"]) + lines[at]
        )
    assert squeeze(case.values["headline"]) == squeeze(record.headline or "")
    assert squeeze("".join(lines)) == squeeze("".join(body(record)))


@pytest.fixture(scope="session")
def seed() -> Path:
    """Return the folder of the recorded dump beside the checkout; without it the test is skipped, in CI it fails."""
    if (SHARED / "seed").is_dir():
        return SHARED / "seed"
    if os.environ.get("CI") == "true":
        pytest.fail("the recorded dump is not at ../shared/seed, and CI must have it")
    pytest.skip("the recorded dump is not at ../shared/seed")


SEED_CHANGES: dict[str, Callable[[list[str]], list[str]]] = {
    "as it is": lambda lines: lines,
    "full-width marks": lambda lines: [line.translate(WIDE) for line in lines],
    "hot list cut after 7 items": lambda lines: (
        lines[: lines.index("热点推荐") + 29] + lines[lines.index("热点推荐") + 81 :]
    ),
    "no disclaimer": lambda lines: [line for line in lines if not line.startswith(("特别声明", "Notice"))],
    "no breadcrumb": lambda lines: lines[1:],
}


@pytest.mark.parametrize("change", SEED_CHANGES)
def test_seed(seed: Path, change: str) -> None:
    """The recorded dump has its headline, its paragraphs, its lists and its card, and nothing unknown."""
    gold = json.loads((seed / "netease-2026.gold.json").read_text(encoding="utf-8"))
    lines = (seed / "netease-2026.txt").read_text(encoding="utf-8").splitlines()
    record = take("\n".join(SEED_CHANGES[change]([line for line in lines if line])))
    table = WIDE if change == "full-width marks" else {}
    assert gold["headline"].translate(table) == record.headline
    assert [text.translate(table) for text in gold["paragraphs"]] == body(record)
    assert [] == unknown(record)
    hot = [[item["headline"].translate(table), item["author"], item["datePublished"]] for item in gold["hot"]["items"]]
    assert hot[: 7 if "7 items" in change else None] == items(record, "hot")
    assert record.account is not None
    assert (gold["account"]["name"], 1059, 2048) == (
        record.account.name,
        record.account.article_count,
        record.account.follower_count,
    )


def test_seed_quoting_the_portal(seed: Path) -> None:
    """The recorded dump's article may quote the portal's words in mid-sentence."""
    text = (seed / "netease-2026.txt").read_text(encoding="utf-8")
    gold = json.loads((seed / "netease-2026.gold.json").read_text(encoding="utf-8"))
    wanted = [paragraph.replace("。", "，见热点推荐与特别声明:以上内容。", 1) for paragraph in gold["paragraphs"]]
    for before, after in zip(gold["paragraphs"], wanted, strict=True):
        text = text.replace(before, after, 1)
    assert wanted == body(take(text))

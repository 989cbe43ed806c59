"""The explain page in Chromium: every character tinted once, nothing runs, nothing leaves, all of it by keyboard."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from crawler.page.text import size, squeeze
from crawler.report.explain import lay_out, render, render_comparison
from crawler.report.explain.sheet import Sheet
from tests.browser import HOME, Chromium, Shown, Sink, chromium
from tests.cases import Case, shipped
from tests.hostile import CANARY_HOST, hostile_page
from tests.page_text import page_text
from tests.screenshots import FOLDER, MAX_BYTES, SHOTS

__all__ = ["chromium"]

RICH = shipped("netease/2020_post_main/rich_blocks")
MEDIA = shipped("netease/2016_end_text/video_and_hidden_copy")
PLAIN = shipped("netease/2020_post_main/hao_plain")
RECORDED = ("netease-10", "thepaper-1", "ifeng-1")

TEXTS = """() => {
  const walker = document.createTreeWalker(document.querySelector('.page'), NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim()) continue;
    const tinted = [];
    for (let at = node.parentElement; at; at = at.parentElement) {
      if (at.matches('.run[data-role]')) tinted.push(at);
    }
    const box = tinted[0]?.getBoundingClientRect();
    found.push({
      text: node.data, tinted: tinted.length, group: tinted[0]?.dataset.group,
      painted: tinted.length > 0 && !/, 0\\)$|transparent/.test(getComputedStyle(tinted[0]).backgroundColor),
      shown: Boolean(box && box.width > 0 && box.height > 0),
    });
  }
  return found;
}"""

RATIO = """
  const light = ([r, g, b]) => {
    const linear = [r, g, b].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
"""
"""The contrast of two colours, by WCAG 2: between 1 and 21."""

CONTRAST = (
    """() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => top.slice(0, 3).map((value, i) => value * top[3] + under[i] * (1 - top[3]));
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };"""
    + RATIO
    + """  const faint = [];
  let looked = 0;
  const look = (what, color, element) => {
    looked += 1;
    const under = ground(element);
    const found = ratio(over(rgba(color), under), under);
    if (found < 4.5) faint.push(`${found.toFixed(2)} ${what}`);
  };
  for (const element of document.querySelectorAll('body *')) {
    if (!element.checkVisibility() || ['SCRIPT', 'STYLE'].includes(element.tagName)) continue;
    const name = `${element.tagName.toLowerCase()}.${element.className} ${element.textContent.trim().slice(0, 20)}`;
    if ([...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) {
      look(name, getComputedStyle(element).color, element);
    }
    for (const pseudo of ['::before', '::after', '::placeholder']) {
      const style = getComputedStyle(element, pseudo);
      const said = pseudo === '::placeholder' ? element.placeholder : style.content.replace(/^none$|^normal$|^""$/, '');
      const outside = pseudo === '::before' && element.matches('.run');
      if (said) look(`${name} ${pseudo}`, style.color, outside ? element.parentElement : element);
    }
  }
  return { faint, looked };
}"""
)


def sheet_of(case: Case, body: bytes | None = None) -> Sheet:
    """Lay out a recorded case."""
    response = case.response
    return lay_out(case.body if body is None else body, response["url"], name=case.name, headers=response["headers"])


def recorded(corpus: Path, name: str) -> tuple[Sheet, str]:
    """Lay out a page of the corpus; gives it with its source."""
    index: list[dict[str, Any]] = json.loads((corpus / "index.json").read_text("utf-8"))
    url = next(entry["url"] for entry in index if entry["name"] == name)
    body = gzip.decompress((corpus / f"pages/{name}.html.gz").read_bytes())
    return lay_out(body, url, name=name), body.decode("utf-8")


def legend_of(shown: Shown) -> dict[str, int]:
    """Return the sums that the legend shows, by group."""
    pairs = shown.page.eval_on_selector_all(
        ".legend [data-count]", "all => all.map(one => [one.dataset.count, one.innerText])"
    )
    return {name: int(text.replace(",", "")) for name, text in pairs}


def assert_explained(chromium: Chromium, sheet: Sheet, source: str) -> None:
    """Every visible character is in one tinted block, in order; the legend is the coverage; all is quiet."""
    assert sheet.record is not None
    html = render(sheet)
    with chromium.show(html) as shown:
        texts = shown.page.evaluate(TEXTS)
        assert squeeze("".join(one["text"] for one in texts)) == page_text(source)
        assert [one for one in texts if one["tinted"] != 1 or not one["painted"] or not one["shown"]] == []
        groups: Counter[str] = Counter()
        for one in texts:
            groups[one["group"]] += size(one["text"])
        coverage = sheet.record.coverage
        expected = {"article": coverage.article, "chrome": coverage.chrome}
        expected |= {"hidden": coverage.hidden, "unknown": coverage.unknown}
        assert {name: groups[name] for name in expected} == expected
        assert legend_of(shown) == {**expected, "total": coverage.total}
        roles = shown.page.eval_on_selector_all(
            ".legend .role",
            "all => all.map(one => [one.dataset.only, one.children[2].innerText, one.children[3].innerText])",
        )
        for role, blocks, characters in roles:
            parts = [part for part in sheet.parts if part.role == role]
            assert (role, int(blocks)) == (role, len(parts))
            assert int(characters.replace(",", "")) == sum(part.size for part in parts)
        assert shown.page.locator("[role=alert]").count() == 0
        assert shown.complaints == []
        assert shown.requests == []
    assert chromium.sink.asked_by(html) == []


@pytest.mark.parametrize("case", [RICH, MEDIA], ids=lambda case: case.name)
def test_a_fixture_is_explained(chromium: Chromium, case: Case) -> None:
    """Rich blocks; a player's fallback and a hidden copy of the article."""
    assert_explained(chromium, sheet_of(case), case.body.decode("utf-8"))


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_page_is_explained(chromium: Chromium, corpus: Path, name: str) -> None:
    """Pages as portals sent them, one a site."""
    assert_explained(chromium, *recorded(corpus, name))


def test_the_watch_sees_what_a_page_does(chromium: Chromium) -> None:
    """The hostile page as it is: its canary sings and its requests are seen, so silence elsewhere means something."""
    case, body = hostile_page()
    html = body.decode("utf-8").replace('http-equiv="refresh"', "")
    with chromium.another() as other, other.show(html) as shown:
        shown.page.wait_for_function("window.canary === 1")
        assert {
            f"http://{CANARY_HOST}/{path}" for path in ("sheet.css", "import.css", "fetch", "pixel.png", "object")
        } <= set(shown.requests)
    assert case.name == RICH.name


@pytest.mark.parametrize("compared", [False, True], ids=["alone", "compared"])
def test_nothing_of_a_hostile_page_runs(chromium: Chromium, compared: bool) -> None:
    """Script, event handlers, javascript:, meta refresh, iframe, svg, @import, form, base: all of it is text."""
    case, body = hostile_page()
    sheet = sheet_of(case, body)
    html = render_comparison(sheet_of(case), sheet) if compared else render(sheet)
    with chromium.show(html) as shown:
        page = shown.page
        for block in page.locator(".run[id]").all()[::6]:
            block.click()
        page.keyboard.press("Escape")
        page.wait_for_timeout(300)
        assert page.evaluate("document.title") != "owned"
        assert page.evaluate("'canary' in window") is False
        assert page.evaluate("document.baseURI.split('#')[0]") == HOME
        assert page.url.split("#")[0] == HOME
        assert len(page.frames) == 1
        assert page.evaluate("document.scripts.length") == 1
        assert page.locator("iframe, img, object, embed, video, base, link[rel=stylesheet]").count() == 0
        assert CANARY_HOST in page.content()
        assert shown.complaints == []
        assert shown.requests == []
    assert chromium.sink.asked_by(html) == []


def test_the_policy_stops_what_would_slip_through(chromium: Chromium) -> None:
    """Were the page's markup ever carried over, it would still not run, load, style or send anything."""
    case, body = hostile_page()
    smuggled = body.decode("utf-8")
    html = render(sheet_of(case)).replace("<main", f"{smuggled[smuggled.index('<body') :]}<main", 1)
    with chromium.show(html) as shown:
        shown.page.wait_for_timeout(500)
        assert shown.page.locator(f'img[src*="{CANARY_HOST}"]').count() > 0
        assert shown.page.evaluate("'canary' in window") is False
        assert shown.page.url.split("#")[0] == HOME
        assert [url for url in shown.requests if CANARY_HOST in url] == []
        assert [said for said in shown.complaints if "Content Security Policy" in said] != []
    assert [line for line in chromium.sink.asked_by(html) if CANARY_HOST in line] == []


def here(shown: Shown) -> str:
    """Return the id of the block that has the focus."""
    found: str = shown.page.evaluate("document.activeElement.id")
    return found


def test_all_of_it_by_keyboard(chromium: Chromium) -> None:
    """Moving, opening, reading, filtering, closing, listing the keys: all without a mouse."""
    sheet = sheet_of(RICH)
    order = list(dict.fromkeys(f"p{run.part.number}" for run in sheet.runs if run.part is not None))
    by_id = {f"p{part.number}": part for part in sheet.parts}
    with chromium.show(render(sheet)) as shown:
        page, press = shown.page, shown.page.keyboard.press
        press("j")
        assert here(shown) == order[0]
        press("ArrowDown")
        press("j")
        press("k")
        assert here(shown) == order[1]
        press("ArrowUp")
        assert here(shown) == order[0]
        page.keyboard.type("jjj")
        inspector = page.locator("#inspector")
        assert not inspector.is_visible()
        press("Enter")
        part = by_id[here(shown)]
        assert inspector.is_visible()
        said = dict(
            zip(inspector.locator("dt").all_inner_texts(), inspector.locator("dd").all_inner_texts(), strict=True)
        )
        assert said["rule"] == part.rule
        assert said["selector"].startswith("css = ")
        assert said["in"] == f"{part.place.file}:{part.place.line}"
        assert said["xpath"] == part.xpath
        assert said["record"] == part.pointer
        assert squeeze(inspector.locator(".text").inner_text()) == squeeze(part.text)
        place = order.index(here(shown))
        neighbours = inspector.locator(".way").all_inner_texts()
        assert [text.split(":")[0] for text in neighbours] == ["previous", "next"]
        assert by_id[order[place + 1]].role in neighbours[1]
        press("j")
        assert inspector.locator("dd").first.inner_text() == by_id[order[place + 1]].rule
        press("Escape")
        assert not inspector.is_visible()
        role = by_id[here(shown)].role
        press("]")
        assert by_id[here(shown)].role == role
        press("/")
        assert here(shown) == "filter"
        page.keyboard.type("related")
        visible = page.locator(".run[id]:visible")
        assert {visible.nth(i).get_attribute("data-role") for i in range(visible.count())} == {"related"}
        assert page.locator("#found").inner_text() == f"{visible.count()} of {len(order)} blocks"
        press("Enter")
        assert by_id[here(shown)].role == "related"
        press("Escape")
        assert page.locator(".run[id]:visible").count() == len(order)
        press("?")
        assert page.locator("dialog").is_visible()
        press("Escape")
        assert not page.locator("dialog").is_visible()
        assert shown.complaints == []


def test_unknown_text_is_a_key_away(chromium: Chromium) -> None:
    """`u` goes to what no rule claims."""
    body = RICH.body.replace(b'<div class="post_next', b'<div class="post_gone')
    sheet = sheet_of(RICH, body)
    unknown = [part for part in sheet.parts if part.role == "unknown"]
    assert unknown
    with chromium.show(render(sheet)) as shown:
        shown.page.keyboard.press("u")
        assert here(shown) == f"p{unknown[0].number}"


def test_a_click_opens_a_block_and_the_legend_sifts(chromium: Chromium) -> None:
    """A block on the page, one of the record's list, a neighbour, a role of the legend."""
    sheet = sheet_of(RICH)
    with chromium.show(render(sheet)) as shown:
        page = shown.page
        page.locator(".run[data-role=headline]").click()
        heading = page.locator("#inspector h2")
        assert heading.inner_text().startswith("headline")
        page.locator("#inspector .beside button").last.click()
        assert not heading.inner_text().startswith("headline")
        page.locator("#chrome button").last.click()
        last = page.locator("#chrome button .name").last.inner_text()
        assert heading.inner_text().startswith(last)
        assert page.locator(".run.here").first.is_visible()
        page.locator(".role[data-only=nav]").click()
        assert page.locator(".role[data-only=nav]").get_attribute("aria-pressed") == "true"
        assert page.locator(".run:visible:not([data-role=nav])").count() == 0
        page.locator(".role[data-only=nav]").click()
        assert page.locator(".run:visible:not([data-role=nav])").count() > 0
        assert shown.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["page", "comparison", "no record"])
def test_all_text_can_be_read(chromium: Chromium, scheme: Any, kind: str) -> None:
    """Contrast of at least 4.5 for all text and labels, with a block open, as the system says light or dark."""
    broken = sheet_of(RICH, RICH.body.replace(b"post_title", b"new_title").replace(b"<h1", b"<h4"))
    html = {
        "page": lambda: render(broken),
        "comparison": lambda: render_comparison(sheet_of(RICH), broken),
        "no record": lambda: render(sheet_of(RICH, RICH.body.replace(b"post_main", b"x").replace(b"post_title", b"y"))),
    }[kind]()
    with chromium.show(html, scheme=scheme) as shown:
        page = shown.page
        page.locator(".run[id]").nth(2).click()
        page.wait_for_timeout(200)
        found = page.evaluate(CONTRAST)
        assert found["looked"] > 100
        assert found["faint"] == []


def test_light_and_dark_can_be_chosen(chromium: Chromium) -> None:
    """The button and `t` go round: as the system, light, dark."""
    paper = "getComputedStyle(document.body).backgroundColor"
    with chromium.show(render(sheet_of(PLAIN)), scheme="dark") as shown:
        page = shown.page
        dark = page.evaluate(paper)
        page.keyboard.press("t")
        light = page.evaluate(paper)
        assert light != dark
        page.locator("#theme").click()
        assert page.evaluate(paper) == dark
        page.keyboard.press("t")
        assert page.locator("#theme").inner_text() == "theme: auto"


def test_names_for_those_who_do_not_see_it(chromium: Chromium) -> None:
    """Every button, field and region has a name, every id is one of a kind, every block says role and size."""
    with chromium.show(render(sheet_of(RICH))) as shown:
        page = shown.page
        idents = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
        assert len(idents) == len(set(idents))
        nameless = page.eval_on_selector_all(
            "button, a, summary, [role=img], input",
            "all => all.filter(one => !(one.ariaLabel || one.innerText.trim() || one.labels?.length))"
            ".map(one => one.outerHTML)",
        )
        assert nameless == []
        assert page.get_by_role("main", name="The page").count() == 1
        assert page.get_by_role("complementary", name="The record").count() == 1
        assert page.get_by_role("searchbox", name="Show only").count() == 1
        headline = next(part for part in sheet_of(RICH).parts if part.role == "headline")
        assert page.get_by_role("group", name=f"headline, {headline.size} characters").count() == 1


def test_a_comparison_shows_both_sides_of_a_block(chromium: Chromium) -> None:
    """`n` goes to what moved; its other side is marked and in sight; the list of what moved leads there too."""
    before = sheet_of(RICH)
    after = sheet_of(RICH, RICH.body.replace(b"post_title", b"new_title").replace(b"<h1", b"<h4"))
    with chromium.show(render_comparison(before, after)) as shown:
        page = shown.page
        page.keyboard.press("n")
        assert page.locator(".run.here").count() == 2
        marks = page.locator(".run.here").evaluate_all("all => all.map(one => [one.dataset.label, one.dataset.mark])")
        assert marks == [["⇄ headline", "role"], ["⇄ unknown", "role"]]
        boxes = page.locator(".run.here").evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
        assert all(0 < top < 900 for top in boxes)
        page.locator("#moved li button").first.click()
        assert page.locator("#inspector").is_visible()
        assert "headline → unknown" in page.locator("#moved").inner_text()
        flows = page.locator("#flows td").all_inner_texts()
        headline = next(part for part in before.parts if part.role == "headline")
        assert flows == ["headline", "→", "unknown", str(headline.size)]
        assert shown.complaints == []
        assert shown.requests == []


@pytest.mark.parametrize("width", [390, 800])
def test_a_narrow_window_needs_no_scrolling_aside(chromium: Chromium, width: int) -> None:
    """On a telephone the columns stand one below the other, and what a block is shows at the window's foot."""
    with chromium.show(render(sheet_of(RICH)), width=width) as shown:
        shown.page.locator(".run[data-role=headline]").click()
        box = shown.page.locator("#inspector").bounding_box()
        assert box is not None
        assert round(box["y"] + box["height"]) == 900
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_sink_shows_the_browsers_own_asking_from_a_pages() -> None:
    """Only Google's hosts, and only where the page does not name them, are Chromium's own business."""
    sink = Sink()
    sink.close()
    own, leak = "CONNECT update.googleapis.com:443 HTTP/1.1", f"GET http://{CANARY_HOST}/x HTTP/1.1"
    sink.asked = [own, leak]
    assert sink.asked_by("") == [leak]
    assert sink.asked_by("<img src=https://update.googleapis.com/x>") == [own, leak]


def test_the_documentations_pictures_are_those_that_are_made() -> None:
    """One for each shot of tests/screenshots.py, none left over, each small."""
    pictures = {path.stem: path.stat().st_size for path in FOLDER.glob("*.png")}
    assert {shot.name for shot in SHOTS} == set(pictures)
    assert max(pictures.values()) <= MAX_BYTES

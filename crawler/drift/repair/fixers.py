"""What regions and names do not explain: text in excess, single values, pictures, the items of lists.

Each fixer proposes drafts, the most likely first; the mender keeps the first that makes records better.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from selectolax.lexbor import LexborNode, SelectolaxError

from ...page.selectors import standard_css
from ...page.text import squeeze
from ...page.urls import absolute
from ...profiles.model import Chrome
from ...profiles.thumbnails import original
from ...profiles.toml import KeyPath
from ...records.model import Record, Role
from .cases import BODY, HEADLINE, Seen, base_rule, blocks_of
from .mender import Mender
from .selectors import Kept, Wanted, choose
from .spans import Target
from .toml_text import EditFailed
from .trial import Draft, own_file

Proposal = Callable[[], Draft]

FIELDS: dict[str, KeyPath] = {
    "datePublished": ("fields", "datePublished"),
    "source": ("fields", "source", "name"),
    "authors": ("fields", "authors", "name"),
    "editors": ("fields", "editors"),
    "originalHeadline": ("fields", "originalHeadline"),
    "account": ("fields", "account", "name"),
}
"""The judged values that are read by rules of their own, with the rules' place in a profile."""
_DAY = r"\d{4}\s*[-年/.]\s*\d{1,2}\s*[-月/.]\s*\d{1,2}\s*日?"
_DATES = (rf"({_DAY}\s*\d{{1,2}}:\d{{2}}(?::\d{{2}})?)", rf"({_DAY})")
_ENDS = (r"\s*$", r"(?:\s|$)", r"\s*[\]）)】]\s*$", rf"\s*{_DAY}", r"\s*[\]）)】|｜丨/]")
_NAME = "repaired"


def fix(mender: Mender) -> None:
    """Try all fixers until nothing gets better."""
    for _ in range(6):
        records = mender.outcomes(mender.draft)
        wrong = Counter(
            name for seen, record in zip(mender.affected, records, strict=True) for name in seen.wrong(record)
        )
        if not wrong:
            return
        if not any(mender.improve(proposals(mender, name, records)) for name in wrong):
            return


def proposals(mender: Mender, name: str, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield changes that may make the value `name` right."""
    if name in {"headline", "blocks"}:
        yield from _excess(mender, name, records)
    if name in {"blocks", "images"}:
        yield from _pictures(mender)
    if name in FIELDS or name == "record":
        for field in [name] if name in FIELDS else ["datePublished"]:
            yield from _field(mender, field, records)
    if name.startswith("chrome."):
        yield from _lists(mender, name.removeprefix("chrome."), records)


# --- Text in excess ---------------------------------------------------------------------------------------------------


def _excess(mender: Mender, name: str, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield rules for elements inside headline or body whose text is not the article's."""
    wanted: list[Wanted] = []
    for seen, record in zip(mender.affected, records, strict=True):
        if record is None or seen.before is None:
            continue
        if name == "headline":
            targets = _beside(seen, mender, squeeze(seen.before.headline or ""))
        else:
            known = Counter(blocks_of(seen.before))
            extra = Counter(blocks_of(record)) - known
            targets = _elements(seen, mender, extra, known)
        if targets:
            wanted.append(Wanted(seen, targets))
    if not wanted:
        return
    kept = [Kept(seen, frozenset()) for seen in mender.kept]
    found = choose(wanted, kept)
    if found is None:
        return
    texts = [one.seen.spans.text[target.start : target.end] for one in wanted for target in one.targets]
    for css in (found.css, *found.others):
        values = {"role": str(_role(mender, texts, name)), "css": css}
        yield lambda values=values: _with_chrome(mender, values)  # type: ignore[misc]


def _with_chrome(mender: Mender, values: dict[str, Any]) -> Draft:
    number = 1
    while f"{_NAME}{number}" in mender.layout.chrome:
        number += 1
    name = f"{_NAME}{number}"
    file = own_file(mender.layout.id)
    text = mender.draft.files[file]
    last = list(text.get(("chrome",)) or [])
    after: KeyPath | None = None
    if last:
        after = ("chrome", last[-1])
    elif text.get(("article",)):
        after = ("article",)
    return mender.draft.with_file(file, text.with_table(("chrome", name), values, after=after), f"chrome.{name}")


def _role(mender: Mender, texts: Iterable[str], name: str) -> Role:
    """Return the role of text in excess: that of the same text before, else by what it says."""
    known = {
        squeeze(entry.text or ""): entry.role
        for seen in mender.affected
        if seen.before is not None
        for entry in seen.before.chrome
    }
    for text in texts:
        if text in known and known[text] not in {Role.UNKNOWN, Role.HIDDEN}:
            return known[text]
        if re.search(r"客户端|APP|扫码|下载", text, re.IGNORECASE):
            return Role.APP
        if re.search(r"声明|不代表|仅供参考|版权", text):
            return Role.DISCLAIMER
    return Role.TAGS if name == "headline" else Role.AD


def _beside(seen: Seen, mender: Mender, headline: str) -> list[Target]:
    """Return the elements inside the headline's whose text is not the headline's."""
    claimed = mender.pieces(seen).get(HEADLINE, [])
    if not claimed or claimed[0].node.mem_id not in seen.spans.number:
        return []
    start, end = seen.spans.span(claimed[0].node)
    at = seen.spans.text.find(headline, start, end)
    if at < 0:
        return []
    around = [(start, at), (at + len(headline), end)]
    nodes = [node for low, high in around for node in seen.spans.outermost(low, high)]
    return [seen.spans.target_of(node) for node in nodes]


def _elements(seen: Seen, mender: Mender, extra: Counter[str], known: Counter[str]) -> list[Target]:
    """Return the elements inside the body that have the texts in excess, and none of the article's."""
    bodies = [piece.node for piece in mender.pieces(seen).get(BODY, []) if piece.node.mem_id in seen.spans.number]
    found: list[Target] = []
    for text, count in extra.items():
        if not text or text in known:
            return []
        inside = [
            target
            for target in seen.spans.exact(text)
            if any(low <= target.start and target.end <= high for low, high in map(seen.spans.span, bodies))
        ]
        if len(inside) != count:
            return []
        found += inside
    return found


# --- Single values ----------------------------------------------------------------------------------------------------


def _raw(record: Record, field: str) -> list[str]:
    """Return the texts of a value on the page."""
    if field == "datePublished":
        return [record.date_published_raw] if record.date_published_raw else []
    if field == "source":
        return [record.source.name] if record.source is not None else []
    if field == "authors":
        return [author.name for author in record.authors]
    if field == "editors":
        return list(record.editors)
    if field == "account":
        return [record.account.name] if record.account is not None else []
    return [record.original_headline] if record.original_headline else []


def _field(mender: Mender, field: str, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield rules for one value: by an element of its own, inside a region, or inside an element with more text."""
    pages: list[tuple[Seen, list[str]]] = []
    for seen, record in zip(mender.affected, records, strict=True):
        wrong = seen.wrong(record)
        if seen.before is None or (field not in wrong and "record" not in wrong):
            continue
        texts = _raw(seen.before, field)
        if texts:
            pages.append((seen, texts))
    if not pages:
        return
    split = next((rule.split for rule in _rules(mender, field) if rule.split), None)
    made: list[dict[str, Any]] = []
    alone = [
        Wanted(seen, targets)
        for seen, texts in pages
        if (targets := [target for text in texts for target in _near(mender, seen, squeeze(text))])
    ]
    many = any(len(texts) > 1 for _, texts in pages)
    if alone:
        found = choose(alone, first=not many)
        if found is not None:
            made += [{"css": css, **({"every": True} if many else {})} for css in (found.css, *found.others[:2])]
    made += list(_within(mender, pages, field, split))
    made += list(_around(pages, field, split))
    for values in made:
        for front in (False, True):
            yield lambda values=values, front=front: _with_value(mender, field, values, front=front)  # type: ignore[misc]


def _rules(mender: Mender, field: str) -> tuple[Any, ...]:
    found: Any = mender.layout.fields
    for step in FIELDS[field][1:]:
        found = getattr(found, re.sub(r"([A-Z])", lambda one: f"_{one[1].lower()}", str(step)))
    return tuple(found)


def _near(mender: Mender, seen: Seen, text: str) -> list[Target]:
    """Return the elements with a text that are nearest to the article: in its lines, else outside the body."""
    found = seen.spans.exact(text)
    lines = [
        piece.node
        for rule, pieces in mender.pieces(seen).items()
        if rule.startswith(("article.info", "chrome."))
        for piece in pieces
        if piece.node.mem_id in seen.spans.number
    ]
    inside = [
        target
        for target in found
        if any(low <= target.start and target.end <= high for low, high in map(seen.spans.span, lines))
    ]
    return (inside or found)[:1]


def _with_value(mender: Mender, field: str, values: dict[str, Any], *, front: bool) -> Draft:
    path = FIELDS[field]
    file = own_file(mender.layout.id)
    text = mender.draft.files[file]
    known = text.get(path) or []
    if front and not known:
        raise EditFailed(f"{'.'.join(map(str, path))} has no rule in the layout's file")
    before = (*path, 0) if front else None
    after = (*path, len(known) - 1) if known and not front else None
    made = text.with_table([str(step) for step in path], values, before=before, after=after, many=True)
    return mender.draft.with_file(file, made, ".".join(map(str, path)))


def _within(
    mender: Mender, pages: Sequence[tuple[Seen, list[str]]], field: str, split: str | None
) -> Iterator[dict[str, Any]]:
    """Yield rules by the text around a value inside a region that a rule claims on all pages."""
    regions: dict[str, int] = {}
    for seen, texts in pages:
        for rule, pieces in mender.pieces(seen).items():
            if rule.startswith(("article.info.", "chrome.")) and any(_holds(piece.text, texts) for piece in pieces):
                regions[rule] = regions.get(rule, 0) + 1
    for rule, count in sorted(regions.items(), key=lambda one: -one[1]):
        if count < len(pages):
            continue
        samples = [
            (next(piece.text for piece in mender.pieces(seen)[rule] if _holds(piece.text, texts)), texts)
            for seen, texts in pages
        ]
        for pattern in _patterns(samples, field):
            yield {"within": rule.rpartition(".")[2], "match": pattern, **({"split": split} if split else {})}


def _holds(text: str, texts: Sequence[str]) -> bool:
    whole = squeeze(text)
    return all(squeeze(one) in whole for one in texts)


def _around(pages: Sequence[tuple[Seen, list[str]]], field: str, split: str | None) -> Iterator[dict[str, Any]]:
    """Yield rules by the smallest element that has a value in its text, and the text around the value."""
    wanted, samples = [], []
    for seen, texts in pages:
        whole = squeeze("".join(texts)) if len(texts) == 1 else squeeze(texts[0])
        places = seen.spans.occurrences(whole)
        if not places:
            return
        node = seen.spans.cover(places[0], places[0] + len(whole))
        if node.tag in {"body", "html"} or len(node.text()) > 400:
            return
        wanted.append(Wanted(seen, [seen.spans.target_of(node)]))
        samples.append((" ".join(node.text(separator=" ").split()), texts))
    found = choose(wanted, first=True)
    if found is None:
        return
    for pattern in _patterns(samples, field):
        yield {"css": found.css, "match": pattern, **({"split": split} if split else {})}


def _patterns(samples: Sequence[tuple[str, list[str]]], field: str) -> Iterator[str]:
    """Yield patterns whose first group is the value in each text."""
    befores: list[str] = []
    for text, texts in samples:
        at = text.find(texts[0])
        if at >= 0:
            befores.append(text[:at])
    if len(befores) < 0.7 * len(samples):
        return
    shared = _common_end([before.rstrip() for before in befores])
    label = re.search(r"(?:[\w·]{1,8}\s*)?[:：/|｜丨]?$", shared)
    labels = [label[0]] if label is not None and label[0] else []
    heads = [re.escape(one) + r"\s*" for one in labels]
    heads += [r"^"] if all(not before.strip() for before in befores) else []
    bodies = _DATES if field == "datePublished" else (r"(.+?)",)
    ends = ("",) if field == "datePublished" else _ENDS
    for head in [*heads, *([""] if field == "datePublished" else [])]:
        for body in bodies:
            for end in ends:
                pattern = f"{head}{body}{end}"
                held = sum(_gives(pattern, text, texts) for text, texts in samples)
                if held == len(samples) or (len(samples) >= 5 and held >= 0.7 * len(samples)):
                    yield pattern


def _gives(pattern: str, text: str, texts: Sequence[str]) -> bool:
    found = re.search(pattern, text)
    if found is None:
        return False
    value = squeeze(found[1])
    return value == squeeze(texts[0]) if len(texts) == 1 else all(squeeze(one) in value for one in texts)


def _common_end(texts: Sequence[str]) -> str:
    shared = texts[0] if texts else ""
    for text in texts[1:]:
        while shared and not text.endswith(shared):
            shared = shared[1:]
    return shared


# --- Pictures ---------------------------------------------------------------------------------------------------------


def _pictures(mender: Mender) -> Iterator[Proposal]:
    """Yield the attribute that the addresses of the article's pictures are in."""
    seen_in: Counter[str] = Counter()
    pages = 0
    for seen in mender.affected:
        urls = {image.url for image in seen.before.images if image.url} if seen.before is not None else set()
        if not urls:
            continue
        pages += 1
        found = {
            name
            for node in seen.css("img")
            for name, value in node.attributes.items()
            if value and name != "src" and _same_picture(mender, seen, value, urls)
        }
        seen_in.update(found)
    for name, count in seen_in.most_common(3):
        if count >= 0.7 * pages:
            yield lambda name=name: _with_attribute(mender, name)  # type: ignore[misc]


def _same_picture(mender: Mender, seen: Seen, value: str, urls: set[str]) -> bool:
    url = absolute(seen.page.url, value)
    return url is not None and original(url, mender.profile.site) in urls


def _with_attribute(mender: Mender, name: str) -> Draft:
    file = own_file(mender.layout.id)
    draft = mender.draft
    for number, _ in enumerate(draft.files[file].get(("article", "body")) or []):
        text = draft.files[file]
        path: KeyPath = ("article", "body", number)
        images = text.get((*path, "images"))
        if images is None:
            text = text.with_key(path, "images", {"attrs": [name]})
        elif "attrs" in images:
            text = text.replaced((*path, "images", "attrs"), [name, *images["attrs"]])
        else:
            text = text.with_key((*path, "images"), "attrs", [name])
        draft = draft.with_file(file, text, f"{BODY}.images")
    return draft


# --- Lists ------------------------------------------------------------------------------------------------------------


class _Scoped(Seen):
    """A page of which selectors see the inside of some regions only."""

    def __init__(self, seen: Seen, regions: Sequence[LexborNode]) -> None:
        super().__init__(seen.stored, seen.before)
        self._regions = regions

    def css(self, source: str) -> list[LexborNode]:
        """Return the matches inside the regions that have text; others yield no item."""
        css = standard_css(source)
        try:
            found = [node for region in self._regions for node in region.css(css) if node.mem_id != region.mem_id]
        except SelectolaxError:
            return []
        return [node for node in found if node.text().strip()]


def _entries(record: Record, name: str) -> list[tuple[str | None, str | None]]:
    """Return headline and URL of the items that a rule's lists have."""
    lists = [entry.items or () for entry in record.chrome if base_rule(entry.rule) == f"chrome.{name}"]
    return [(item.headline, item.url) for items in lists for item in items]


def _lists(mender: Mender, role: str, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield selectors for the items of the lists with a role, and for their headlines and links."""
    for name, chrome in mender.layout.chrome.items():
        if chrome.role != role or chrome.items is None:
            continue
        everything: list[Wanted] = []
        missing: list[Wanted] = []
        for seen, record in zip(mender.affected, records, strict=True):
            regions = [piece.node for piece in mender.pieces(seen).get(f"chrome.{name}", [])]
            if seen.before is None or not regions:
                continue
            entries = _entries(seen.before, name)
            got = _entries(record, name) if record is not None else []
            scoped = _Scoped(seen, regions)
            for wanted, few in ((everything, entries), (missing, [one for one in entries if one not in got])):
                targets = _items(seen, regions, few)
                if targets:
                    wanted.append(Wanted(scoped, targets))
        wanted = everything
        found = choose(wanted) if wanted else None
        if found is None and missing:
            wanted = missing
            found = choose(wanted)
        if found is None:
            continue
        headlines = _headlines(wanted, mender, name)
        for css in (found.css, *found.others[:3]):
            for more in ({}, headlines, {**headlines, "url": {"css": "a", "attr": "href"}}, _PLAIN):
                yield lambda name=name, chrome=chrome, css=css, more=more: _with_items(  # type: ignore[misc]
                    mender, name, chrome, css, more
                )


_PLAIN: dict[str, dict[str, Any]] = {"headline": {"css": "a"}, "url": {"css": "a", "attr": "href"}}


def _headlines(wanted: Sequence[Wanted], mender: Mender, name: str) -> dict[str, dict[str, Any]]:
    """Return the rule for the headlines of a list's items, by their text."""
    found: list[Wanted] = []
    for one in wanted:
        before = one.seen.before
        if before is None:
            continue
        entries = [entry for entry in before.chrome if base_rule(entry.rule) == f"chrome.{name}"]
        texts = {squeeze(item.headline) for entry in entries for item in entry.items or () if item.headline}
        inside = [
            [node for node in [target.nodes[-1], *target.nodes[-1].css("*")] if squeeze(node.text()) in texts]
            for target in one.targets
        ]
        if all(inside):
            found.append(Wanted(one.seen, [Target(nodes[::-1], 0, 0) for nodes in inside]))
    chosen = choose(found) if found else None
    del mender
    return {"headline": {"css": chosen.css}} if chosen is not None else {}


def _items(seen: Seen, regions: Sequence[LexborNode], entries: Sequence[tuple[str | None, str | None]]) -> list[Target]:
    """Return the element of each item of a list: the widest that has nothing of another item."""
    links: list[LexborNode] = []
    for region in regions:
        links += region.css("a")
    found: list[LexborNode] = []
    for headline, url in entries:
        text = squeeze(headline or "")
        same = [
            link
            for link in links
            if (url is None or absolute(seen.page.base, link.attributes.get("href") or "") == url)
            and (not text or text in squeeze(link.text()) or url is not None)
        ]
        if not same:
            return []
        found.append(same[0])
    known = {node.mem_id for node in found}
    targets: list[Target] = []
    bounds = {region.mem_id for region in regions}
    for node in found:
        way = [node]
        outer = node.parent
        while outer is not None and outer.mem_id not in bounds:
            if sum(link.mem_id in known for link in outer.css("a")) > 1:
                break
            way.append(outer)
            outer = outer.parent
        targets.append(Target(way[::-1], 0, 0))
    return targets


def _with_items(mender: Mender, name: str, chrome: Chrome, css: str, more: Mapping[str, Mapping[str, Any]]) -> Draft:
    """Return the draft with one more selector for a list's items, and one more rule for each field in `more`."""
    draft = mender.draft
    file, path = draft.place(mender.layout.id, ("chrome", name))
    text = draft.files[file]
    key = (*path, "items", "css")
    known = str(text.get(key))
    if css not in known.split(", "):
        text = text.replaced(key, f"{known}, {css}")
    items = chrome.items
    for field, rules in (("headline", items.headline), ("url", items.url)) if items is not None else ():
        if rules and field in more:
            place = (*path, "items", field)
            text = text.replaced(place, [*text.get(place), dict(more[field])])
    return draft.with_file(file, text, f"chrome.{name}.items")

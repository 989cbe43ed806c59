"""What regions and names do not explain: text in excess, single values, pictures, the items of lists.

Each fixer proposes drafts, the most likely first; the mender keeps the first that makes records better.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ...page.text import squeeze
from ...page.urls import absolute
from ...profiles.thumbnails import original
from ...profiles.toml import KeyPath
from ...records.model import Record, Role
from .cases import BODY, HEADLINE, Seen, blocks_of
from .lists import item_rules
from .locate import body_targets
from .mender import Mender
from .selectors import Kept, Wanted, choose
from .spans import Target
from .trial import Draft, own_file
from .values import FIELDS, Proposal, value_rules

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
    if name in {"blocks", "record"}:
        yield from _unwrapped(mender)
    if name in FIELDS or name == "record":
        for field in [name] if name in FIELDS else ["datePublished"]:
            yield from value_rules(mender, field, records)
    if name.startswith("chrome."):
        yield from item_rules(mender, name.removeprefix("chrome."), records)


def _excess(mender: Mender, name: str, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield rules for elements inside headline or body whose text is not the article's."""
    wanted: list[Wanted] = []
    for seen, record in zip(mender.affected, records, strict=True):
        if record is None or seen.before is None or seen.guessed:
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
    kept = [Kept(seen, frozenset()) for seen in mender.olds]
    found = choose(wanted, kept)
    if found is None:
        return
    texts = [one.seen.spans.text[target.start : target.end] for one in wanted for target in one.targets]
    for css in (found.css, *found.others):
        values = {"role": str(_role(mender, texts, name)), "css": css}
        yield lambda values=values: _with_chrome(mender, values)  # type: ignore[misc]


def _unwrapped(mender: Mender) -> Iterator[Proposal]:
    """Yield bodies whose paragraphs stand in an element with other things: those of its children, or all it has."""
    wanted: list[Wanted] = []
    tags: Counter[str] = Counter()
    for seen in mender.affected:
        if seen.before is None or seen.before.body_from_data is not None:
            continue
        whole, _ = body_targets(seen, seen.before)
        if not whole or whole[0].nodes[0].tag in {"body", "html"}:
            continue
        wanted.append(Wanted(seen, whole))
        places = [place for place in seen.spans.ordered(blocks_of(seen.before)) if place is not None]
        for child in whole[0].nodes[0].iter():
            if child.mem_id in seen.spans.number:
                start, end = seen.spans.span(child)
                inside = any(start <= low and high <= end for low, high in places)
                tags.update([child.tag or ""] if inside or child.css_first("img") is not None else [])
    found = choose(wanted, first=True) if wanted else None
    if found is None:
        return
    for css in (found.css, *found.others[:2]):
        paragraphs = [tag for tag in ("p", "figure", "section", "blockquote", "table") if tag in tags]
        if paragraphs and max(tags, key=lambda tag: tags[tag]) in paragraphs:
            yield lambda css=css, tags=paragraphs: with_body(  # type: ignore[misc]
                mender, ", ".join(f"{css} > {tag}" for tag in tags)
            )
        yield lambda css=css: with_body(mender, css)  # type: ignore[misc]


def with_body(mender: Mender, css: str) -> Draft:
    """Return the mender's draft with one more rule for the body, like its first. Raises EditFailed."""
    name, path = mender.draft.place(mender.layout.id, ("article", "body", 0))
    file = mender.draft.files[name]
    count = len(file.get(("article", "body")))
    images = file.get((*path, "images"))
    values = {"css": css, "every": True, **({"images": images} if images else {})}
    new = file.with_table(("article", "body"), values, after=("article", "body", count - 1), many=True)
    return mender.draft.with_file(name, new, f"{BODY}[{count}]")


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


def _pictures(mender: Mender) -> Iterator[Proposal]:
    """Yield the attribute that the addresses of the article's pictures are in."""
    seen_in: Counter[str] = Counter()
    pages = 0
    for seen in mender.affected:
        urls = (
            {image.url for image in seen.before.images if image.url}
            if seen.before is not None and not seen.guessed
            else set()
        )
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

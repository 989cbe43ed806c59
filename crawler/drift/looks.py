"""Looks: small properties of what a page's rules found that no reviewed page of the layout has.

A change that nobody foresaw still makes something look unlike before: a headline that the title continues, a name with
a sign that no name had, a list without entries, text with visible entities. What lists look like differs among pages:
one with such a look is held back only until the pages after it decide (see `is_look`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from ..page.dom import Page
from ..page.text import size, squeeze
from ..page.urls import host
from ..profiles.checks.suffixes import owner
from ..records.model import BlockType, ChromeEntry, Item, Record
from ..sieve.claims import Claims, Target
from ..sieve.partition import BLOCK
from ..sieve.promos import is_link
from ..sieve.record import PartitionedPage
from .body_looks import ONE_FILE, neighbours, of_body
from .date_looks import AGAIN, of_date
from .fingerprint import step_of
from .headline import is_bounded, is_bounded_in, is_titled, plain
from .labels import PERSON, is_medium
from .list_looks import ELLIPSES, bare, goes_on, leaves, of_all, of_headlines
from .observe import BODY, DATE, HEADLINE, IMAGES, SOURCE, split_rule

WITH: Final = "with"
"""Is between rule and look in the name of a doubt: `fields.source with +`."""
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,5}|#x[0-9a-fA-F]{2,5});")
_MARKUP = re.compile(r"</?(?:p|br|div|span|img|strong|a|font)\b[^<>]{0,200}>", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{\{|\}\}|\$\{|<%|%>|\[object |\\u[0-9a-fA-F]{4}|\\[nrt](?![a-zA-Z])")
_BLOCKED = re.compile(r"[\u2580-\u259f\u25a0-\u25a3\u25fb-\u25fe\u2b1b\u2b1c]{3}|\ufffd|[×*xX•]{6}")
_MISDECODED = re.compile(
    r"[\u00c0-\u00ff][\u0080-\u00bf]{1,2}[\u00c0-\u00ff]|锟斤拷|[\u00c3\u00e4-\u00e9][\u0080-\u00ff\u2018-\u2122]{2}"
)
_DIGITS = re.compile(r"\d+")
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp)\b|wx_fmt=(?:jpe?g|png)", re.IGNORECASE)
_ICON = re.compile(r"ico|logo|avatar|share|qr|code|button|btn|static|/(?:img|images?)/\w+\.png", re.IGNORECASE)
_OWN_ELEMENT = re.compile(r"<[a-z]+-[a-z-]*+\b[^<>]*?\ssrc=\"[^\"<>]+\"", re.IGNORECASE)
"""An element of a script's library that loads something."""
_VOID = re.compile(r"(?:undefined|null|nan|none|true|false|-+|\.+|…+|n/?a)", re.IGNORECASE)
_BROKEN: Final = {
    "entity": _ENTITY, "markup": _MARKUP, "template": _TEMPLATE, "blocked": _BLOCKED, "misdecoded": _MISDECODED,
}  # fmt: skip
_TAIL = re.compile(r"(?<=\S{8})(?:\s*[_|｜丨]\s*|\s+[-–—]\s+)[^_|｜丨\s]{2,12}\Z")
"""The name of a channel or of the portal, as at the end of titles."""
_NAME_MARKS = re.compile(r"[^\w\s·•・.\-－—–()（）《》“”\"'‘’&，、]")
"""Signs that names of people and media hardly have."""
_ADDRESS = re.compile(r"=(?:https?(?::|%3[aA])|/|%2[fF])(?:/|%2[fF]|\w)")
_SHORTEST_TEXT: Final = 8
"""Minimum characters of a text that may be an entry, in a list's region without entries: more than a tab."""
_PROSE: Final = frozenset({BlockType.PARAGRAPH, BlockType.QUOTE, BlockType.HEADING})
_LABEL: Final = "label"
_SEVERAL: Final = frozenset(
    {
        "ellipsis",
        "kept",
        "icon",
        "small",
        "background",
        "file",
        "space",
        "number",
        "post",
        "form",
        "signed",
        "tail",
        "stated",
        "text",
        "mostly",
        "lead",
        "attribute",
    }
)
"""Looks that pages of an unchanged layout may have as well, as lists have many."""
_HEADED: Final = "headline"
HEADED: Final = f"{_HEADED} alone"
_MOST_PICTURES: Final = 200
_USUAL: Final = frozenset({AGAIN, ONE_FILE, HEADED})
"""Looks that are right, of a kind of which others are not."""
_AUTHORS: Final = "fields.authors"
_EDITORS: Final = "fields.editors"
_LINKS: Final = 2
"""Lines at the end of a body that are nothing but links, if they are no text of an article."""
_SHORTEST_NAME: Final = 3
_SHORTEST_HEADLINE: Final = 5
_REVIEWED_LISTS: Final = 2
"""Reviewed pages that show what a list looks like."""


def looks(record: Record, apart: PartitionedPage | None, hosts: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return the looks of what each rule found on a page. Some are seen only in its partition.

    `hosts` are those of the site.
    """
    found: dict[str, set[str]] = {}
    for rule, look in (*_of_record(record, hosts), *(_of_elements(apart, record) if apart is not None else ())):
        found.setdefault(rule, set()).add(look)
    return {rule: frozenset(these) for rule, these in found.items()}


def strange_looks(
    found: Mapping[str, Iterable[str]], known: Mapping[str, Sequence[str]], reviewed: Mapping[str, int]
) -> dict[str, str]:
    """Return the looks that no reviewed page has, by doubt; `reviewed` are the pages that hit each rule."""
    return {
        f"{rule} {WITH} {look}": _SAYS.get(look) or (f"a name with {look}" if len(look) == 1 else f"another {look}")
        for rule, these in found.items()
        if reviewed.get(rule, 0) >= (_REVIEWED_LISTS if rule.endswith(".items") else 1)
        for look in sorted(these)
        if look not in known.get(rule, ()) and _may_be_strange(look, known.get(rule, ()))
    }


def _may_be_strange(look: str, known: Iterable[str]) -> bool:
    """Return whether a look counts that no reviewed page has; of those of two words, only if some have such a look."""
    kind, _, which = look.partition(" ")
    return look not in _USUAL and (not which or any(one.partition(" ")[0] == kind for one in known))


_SAYS: Final = {
    "cut": "a part of the title's headline",
    "ellipsis": "a headline that is cut",
    "numbered": "entries that differ in a number only",
    "elements": "elements of a script in place of pictures",
    "beside": "pictures beside the body",
    "twins": "elements of one name that follow each other",
    "links": "links at its end",
    "more": "more than the headline that the page states",
    "less": "a part of the headline that the page states",
    "picture": "a picture with a text",
    "elsewhere": "links to one other site",
    "parts": "text in several elements",
    "entity": "text with visible entities",
    "markup": "text with visible markup",
    "template": "text with a template's marks",
    "blocked": "text with blocked characters",
    "misdecoded": "text that is decoded wrongly",
    "void": "a placeholder",
    "bare": "elements of entries without a headline",
    "empty": "text without entries",
    "unnamed": "entries without a headline",
    "wrapped": "links with the real address inside",
    "kept": "short texts of one form inside paragraphs",
    "icon": "a picture that is an icon",
    "small": "a small copy of a picture",
    "file other": "another picture named beside the one that was taken",
    "shortened": "headlines that are cut",
    "widget": "entries that are buttons",
    "foreign": "an entry of another site",
    "space": "a name with a space",
    "number": "a name with a number",
    "post": "a name with a word for a post",
    "signed": "its label at the end of the body",
    "tail": "the name of a channel at its end",
    "headline picture": "a picture beside the headline",
    "two": "a name of two",
    "lead": "prose beside it that no rule claims",
    "attribute": "a headline that an attribute continues",
    "stated once": "a time that the page states once only",
    "zone": "a time in another zone than the one that the page states",
    "card": "a link around several lines",
}


def is_look(name: str) -> bool:
    """Return whether the name of a doubt is that of a look that one page alone does not prove."""
    rule, _, look = name.partition(f" {WITH} ")
    return bool(look) and (look.partition(" ")[0] in _SEVERAL or rule.endswith(".items"))


def source_is_label(record: Record, words: Iterable[str]) -> dict[str, str]:
    """Return a source that is a constant of the layout's lines, by doubt; `words` are those (see `left_over`)."""
    source = squeeze(record.source.name) if record.source is not None else ""
    if source not in words or is_medium(source) or PERSON.fullmatch(source):
        return {}
    return {f"fields.source {WITH} {_LABEL}": source}


def _names(record: Record) -> dict[str, list[str]]:
    """Return the names of people and media in a record, by rule."""
    return {
        SOURCE: [record.source.name] if record.source is not None else [],
        _AUTHORS: [author.name for author in record.authors],
        _EDITORS: [*record.editors],
        "fields.account.name": [record.account.name] if record.account is not None else [],
    }


def _of_record(record: Record, hosts: Sequence[str]) -> Iterator[tuple[str, str]]:
    if record.headline:
        yield from ((HEADLINE, look) for look in _broken([record.headline]))
        if _TAIL.search(record.headline):
            yield HEADLINE, "tail"
        if not is_bounded(record):
            yield HEADLINE, "cut"
        if not record.title and record.headline.rstrip().endswith(ELLIPSES):
            yield HEADLINE, "ellipsis"
    for rule, values in _names(record).items():
        yield from ((rule, look) for look in _broken(values))
        yield from ((rule, mark) for value in values for mark in _NAME_MARKS.findall(value))
        if rule != _EDITORS:  # they have numbers and posts
            yield from ((rule, look) for value in values for look in _of_name(value, rule))
    texts = [block.text for block in record.blocks if block.text and block.type in _PROSE]
    for look, pattern in _BROKEN.items():
        if 2 * sum(pattern.search(text) is not None for text in texts) >= max(len(texts), 2):
            yield BODY, look
    yield from _of_lists(record, hosts)


def _broken(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (look for look, pattern in _BROKEN.items() if pattern.search(text))
        if _VOID.fullmatch(text.strip()):
            yield "void"


def _of_name(name: str, rule: str) -> Iterator[str]:
    if rule != _AUTHORS and _TWO.search(name):
        yield "two"
    if _SPACED.search(name):
        yield "space"
    if _NUMBERED.search(name):
        yield "number"
    if rule == _AUTHORS and _POST.search(name) and not is_medium(name):
        yield "post"


_TWO = re.compile(r"[\u4e00-\u9fff][、，,;；][\u4e00-\u9fff]")
_SPACED = re.compile(r"[\u4e00-\u9fff]\s+[\u4e00-\u9fff]{2}")
_NUMBERED = re.compile(r"[\u4e00-\u9fff]\s*\d+\Z|\d{3}")
_POST = re.compile(
    r"记者|主笔|特派|通讯员|评论员|研究员|教授|主编|编辑|发自|摄影|撰稿|作者|实习|专栏|文章|关注|更多|全部|粉丝|阅读|来源|认证|官方|运营|编务|管理员|小编|用户|(?:[组部]|中心|团队|工作室|频道)\Z"
)


def _of_lists(record: Record, hosts: Sequence[str]) -> Iterator[tuple[str, str]]:
    entries: dict[str, list[ChromeEntry]] = {}
    for entry in record.chrome:
        if (rule := split_rule(entry.rule)) is not None:
            entries.setdefault(f"{rule[0]}.items", []).append(entry)
    strange = _elsewhere(record, hosts)
    for items, found in entries.items():
        if strange and any(owner(host(item.url or "")) == strange for entry in found for item in entry.items or ()):
            yield items, "elsewhere"
        listed = [entry.items for entry in found if entry.items]
        yield from ((items, look) for one in listed for look in {*_of_items(one)})
        if not listed and any(map(_has_texts, found)):
            yield items, "empty"
    yield from of_all({items: [entry.items for entry in found if entry.items] for items, found in entries.items()})


def _elsewhere(record: Record, hosts: Sequence[str]) -> str:
    """Return the owner of most links of a page's lists if that is not the site's own, "" if it is."""
    own = {*map(owner, hosts)}
    links = [owner(host(item.url)) for entry in record.chrome for item in entry.items or () if item.url is not None]
    most, count = Counter(links).most_common(1)[0] if links else ("", 0)
    return most if most not in own and len(links) > 1 and 2 * count > len(links) else ""


def _has_texts(entry: ChromeEntry) -> bool:
    """Return whether a region has several texts as long as headlines."""
    texts = (entry.text or "").split()
    return sum(len(text) >= _SHORTEST_TEXT for text in texts) > 1


def _of_items(items: Sequence[Item]) -> Iterator[str]:
    headlines = [item.headline or "" for item in items]
    for look, pattern in _BROKEN.items():
        if 2 * sum(pattern.search(text) is not None for text in headlines) > len(items):
            yield look
    if 2 * headlines.count("") > len(items):
        yield "unnamed"
    if len({*headlines}) > 1 and len({_DIGITS.sub("", text) for text in headlines}) == 1:
        yield "numbered"
    if len(items) > 1 and all(item.url is not None and _ADDRESS.search(urlsplit(item.url).query) for item in items):
        yield "wrapped"


def _stated(page: Page, headline: str) -> Iterator[str]:
    """Yield how a headline differs from those that the page's metas state, if they have a part in common."""
    own = plain(headline)
    for text in (page.meta("og:title"), page.meta("twitter:title")):
        form = plain(text)
        if own and len(form) >= _SHORTEST_HEADLINE and form != own:
            if form in own:
                yield "more"
            elif own in form and not is_bounded_in(headline, text or ""):
                yield "less"


def _of_elements(apart: PartitionedPage, record: Record) -> Iterator[tuple[str, str]]:
    if not is_titled(record):
        yield from ((HEADLINE, look) for look in _stated(apart.values.page, record.headline or ""))
    if not record.images:
        yield from ((IMAGES, look) for look in _lost_pictures(apart))
    drafts = [draft for draft in apart.builder.drafts if draft.text and draft.nodes]
    if len(drafts) > _LINKS and all(is_link(draft.nodes) for draft in drafts[-_LINKS:]):
        yield BODY, "links"
    claims = apart.walk.claims
    yield IMAGES, _beside_headline(claims)
    bodies = {node.mem_id for node in claims.by_name.get("body", ())}
    for claim in claims.by_node.values():
        rule = split_rule(claim.rule)
        if rule is None or not claim.node.is_element_node:
            continue
        if claim.target is Target.BODY and _has_twin(claim.node, bodies):
            yield BODY, "twins"
        if claim.target is Target.HEADLINE and goes_on(claim.node):
            yield rule[0], "attribute"
        if claim.target is Target.HEADLINE and leaves(claim.node) > 1:
            yield rule[0], "parts"
        elif claim.target is Target.INFO and any(map(_is_name, claim.node.css("img"))):
            yield rule[0], "picture"
        elif claim.target is Target.BODY and any(map(_is_card, claim.node.css("a"))):
            yield BODY, "card"
    yield from ((f"{rule}.items", look) for rule, look in of_headlines(apart))
    yield from ((f"{rule}.items", "bare") for rule in bare(apart, record))
    yield from of_body(apart, record)
    yield from ((DATE, look) for look in of_date(record, apart.values.page.text))


def _has_twin(body: LexborNode, bodies: Collection[int]) -> bool:
    """Return whether an element of the body is followed by another one of the same name; both have text."""
    after = body.next
    while after is not None and (
        after.is_comment_node or (after.is_text_node and not (after.text_content or "").strip())
    ):
        after = after.next
    if after is None or after.mem_id not in bodies or step_of(after) != step_of(body):
        return False
    return bool(squeeze(body.text())) and bool(squeeze(after.text()))


def _lost_pictures(apart: PartitionedPage) -> Iterator[str]:
    """Yield where pictures of the article may be: in another element of the body, or beside it and unclaimed."""
    claims = apart.walk.claims
    bodies = [node for node in claims.by_name.get("body", ()) if node.is_element_node]
    if any(_OWN_ELEMENT.search(node.html or "") for node in bodies):
        yield "elements"
    if bodies and _has_loose_picture(bodies[0].parent, claims):
        yield "beside"


def _beside_headline(claims: Claims) -> str:
    """Return the look of a headline: whether a picture that no rule claims stands beside it."""
    for node in claims.by_name.get("headline", ()):
        if any(_has_loose_picture(beside, claims) for beside in neighbours(node)):
            return f"{_HEADED} picture"
    return HEADED


def _has_loose_picture(box: LexborNode | None, claims: Claims) -> bool:
    """Return whether a box has a picture that no rule claims."""
    if box is None or box.tag in {"body", "html"}:
        return False
    for picture in box.css("img")[:_MOST_PICTURES]:
        named = [value for name, value in picture.attributes.items() if name != "alt" and value]
        addresses = [value for value in named if _PICTURE.search(value) and not _ICON.search(value)]
        if addresses and not _is_claimed(picture, claims):
            return True
    return False


def _is_claimed(node: LexborNode, claims: Claims) -> bool:
    at: LexborNode | None = node
    while at is not None and at.mem_id not in claims.by_node:
        at = at.parent
    return at is not None


def _is_name(picture: LexborNode) -> bool:
    """Return whether a picture's text may be a name: a badge (原创) is shorter."""
    return len(squeeze(picture.attributes.get("alt") or "")) >= _SHORTEST_NAME


_MOST_INSIDE: Final = 60
"""Maximum elements in a link that are examined."""


def _is_card(link: LexborNode) -> bool:
    """Return whether a link has several lines: a headline with a summary."""
    inner = [
        one
        for one in link.css("*")[:_MOST_INSIDE]
        if one.mem_id != link.mem_id and one.tag in BLOCK and size(one.text())
    ]
    return any(
        one.mem_id != other.mem_id
        and one.parent is not None
        and other.parent is not None
        and one.parent.mem_id == other.parent.mem_id
        for one, other in pairwise(inner)
    )

"""The shape of a page: the elements that hold its text, and the links of its lists that are in no entry.

A record shows what rules found. What they no longer find although it is still there shows in the page's elements, which
are looked at here once more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import msgspec
from selectolax.lexbor import LexborNode

from ..page.index import NOTEXT
from ..page.text import size, squeeze
from ..page.urls import absolute
from ..profiles.load import Profile
from ..profiles.match import read_url
from ..records.model import BlockType, Record
from ..sieve.claims import Claim, Claims, Target
from ..sieve.partition import BLOCK
from ..sieve.promos import in_links, is_link
from ..sieve.record import PartitionedPage
from .fingerprint import GENERATED, Step, step_of
from .observe import split_rule

SHORTEST_LINK: Final = 5
"""Minimum characters of a link that could be an entry: shorter ones are labels (更多, 首页)."""
HEADLINE_LINK: Final = 10
"""Minimum characters of one that is a headline, if its URL is not an article's of the site."""
_LONG_LINE: Final = 15
"""Minimum characters of a line that an article has only once."""
_LONGEST: Final = 400
"""Maximum characters of a line that are compared with other lines."""
MOST_BESIDE: Final = 0.3
"""Maximum share of the links in and beside entries that are in none."""
_MOST: Final = 600
"""Maximum elements of a region that are examined."""


class Links(msgspec.Struct, frozen=True):
    """Links of one list that could be entries: all, those that are in no entry, and of these those beside entries."""

    links: int = 0
    loose: int = 0
    beside: int = 0

    def __add__(self, other: Links) -> Links:
        return Links(self.links + other.links, self.loose + other.loose, self.beside + other.beside)

    @property
    def share(self) -> float:
        """The share of those beside entries."""
        among = self.links - self.loose + self.beside
        return self.beside / among if among else 0.0


def links_of(apart: PartitionedPage, profile: Profile, record: Record) -> dict[str, Links]:
    """Return the links of a partitioned page's lists, by the list's rule."""
    claims = apart.walk.claims
    listed: dict[str, set[str]] = {}
    for entry in record.chrome:
        if (rule := split_rule(entry.rule)) is not None and entry.items:
            known = listed.setdefault(rule[0], set())
            known.update(squeeze(item.headline or "") for item in entry.items)
            known.update(item.url or "" for item in entry.items)
    found: dict[str, Links] = {}
    for claim in claims.by_node.values():
        if claim.target is not Target.CHROME or claim.chrome is None or claim.chrome.items is None:
            continue
        rule = split_rule(claim.rule)
        if rule is None or claim.heading_of is not None or not claim.node.is_element_node:
            continue
        links = _links(claim, claims, listed.get(rule[0], set()), profile, apart.values.base)
        found[rule[0]] = found.get(rule[0], Links()) + links
    return found


def _links(claim: Claim, claims: Claims, known: Collection[str], profile: Profile, base: str) -> Links:
    links: list[tuple[LexborNode, bool]] = []
    for node in _inside(claim.node, claims):
        if node.tag != "a":
            continue
        text, href = squeeze(node.text()), node.attributes.get("href") or ""
        if len(text) < SHORTEST_LINK or href.startswith(("#", "javascript:")):
            continue
        url = None if text in known else absolute(base, href) or ""
        listed = url is None or url in known
        if listed or len(text) >= HEADLINE_LINK or read_url(url or "", profile).kind == "article":
            links.append((node, listed))
    loose = [_above(node, claim.node) for node, listed in links if not listed]
    entries: dict[int, int] = {}
    for node, listed in links if loose else ():
        for ident in _above(node, claim.node) if listed else ():
            entries[ident] = entries.get(ident, 0) + 1
    alone = sum(listed for _, listed in links) == 1
    beside = sum(next((entries[ident] for ident in above if ident in entries), 0) > 1 - alone for above in loose)
    return Links(len(links), len(loose), beside)


def _above(node: LexborNode, region: LexborNode) -> list[int]:
    """Return the elements around a link, the nearest first, up to its region."""
    found: list[int] = []
    at = node if node.mem_id == region.mem_id else node.parent
    while at is not None:
        found.append(at.mem_id)
        if at.mem_id == region.mem_id:
            break
        at = at.parent
    return found


def _inside(region: LexborNode, claims: Claims) -> Iterator[LexborNode]:
    """Yield the elements of a region that no other rule claims."""
    waiting = [region]
    found = 0
    while waiting and found < _MOST:
        node = waiting.pop()
        if node.mem_id != region.mem_id and node.mem_id in claims.by_node:
            continue
        found += 1
        yield node
        waiting.extend(reversed([child for child in node.iter() if child.tag not in NOTEXT]))


def counts_of(apart: PartitionedPage) -> dict[str, int]:
    """Return the number of elements that each rule for headline, body and lines of the article claims.

    Elements without text are not counted: they add nothing to what the rule found.
    """
    found: dict[str, int] = {}
    for claim in apart.walk.claims.by_node.values():
        rule = split_rule(claim.rule)
        if rule is None or claim.target not in _COUNTED:
            continue
        if claim.target is Target.BODY or squeeze(claim.node.text()):
            found[rule[0]] = found.get(rule[0], 0) + 1
    return found


def has_player(apart: PartitionedPage) -> bool:
    """Return whether the body has an element without text: the box of a player."""
    return any(not squeeze(node.text()) for node in apart.walk.claims.by_name.get("body", ()) if node.is_element_node)


_COUNTED: Final = frozenset({Target.HEADLINE, Target.BODY, Target.INFO})
_LOOSE_TEXT: Final = "text"
"""Stands for text that is directly in the body's element."""
_CONTENT: Final = frozenset(
    ["ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "pre", "hr",
     "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "figure", "figcaption", "p"]
)  # fmt: skip
"""Elements that articles have because of their content."""
MOST_TEXT: Final = 0.5
"""The share of a body's text from which an element that holds it is that of the body."""


class Holder(msgspec.Struct, frozen=True):
    """Elements with one name that hold text of the body.

    `size` counts its characters, `linked` those in links, `lines` its lines and `prose` those with a sentence. `edge`:
    it has the first or the last line of the body, or one that is only a link. `twice`: one of its lines stands in the
    body twice.
    """

    size: int = 0
    linked: int = 0
    lines: int = 0
    prose: int = 0
    edge: bool = False
    twice: bool = False

    @property
    def inserted(self) -> bool:
        """Whether it holds no text of an article: half of it is links, or its lines have no sentence."""
        return 0 < self.size <= 2 * self.linked or not self.prose


def holders(apart: PartitionedPage) -> dict[Step, Holder]:
    """Return the elements around the lines of the body, by their names; text that no element is around is `text`."""
    if apart.from_data:
        return {}
    bodies = {node.mem_id for node in apart.walk.claims.by_name.get("body", ())}
    drafts = [draft for draft in apart.builder.drafts if draft.text and draft.nodes]
    found: dict[Step, Holder] = {}
    steps: dict[int, Step] = {}
    lines = [squeeze(draft.text or "")[:_LONGEST] for draft in drafts[:_MOST]]
    whole = "\n".join(lines)
    for number, draft in enumerate(drafts):
        linked = in_links(draft.nodes) if draft.kind is BlockType.LIST or "<a " in draft.html else 0
        text = draft.text or ""
        edge = number in {0, len(drafts) - 1} or (linked > 0 and is_link(draft.nodes))
        prose = _SENTENCE.search(text) is not None
        twice = number < _MOST and len(lines[number]) >= _LONG_LINE and whole.count(lines[number]) > 1
        for step in {*_around(draft.nodes[0], bodies, steps)}:
            one = found.get(step, _NOTHING)
            found[step] = Holder(
                size=one.size + size(text),
                linked=one.linked + linked,
                lines=one.lines + 1,
                prose=one.prose + prose,
                edge=one.edge or edge,
                twice=one.twice or twice,
            )
    return found


def hidden_pictures(apart: PartitionedPage) -> int:
    """Return the number of elements in the body, other than pictures and links, that name a picture's file."""
    bodies = apart.walk.claims.by_name.get("body", ())
    return sum(len(_NAMED_PICTURE.findall(node.html or "")) for node in bodies if node.is_element_node)


_NAMED_PICTURE = re.compile(
    r"<(?!(?:img|a|source|video|audio|iframe|embed|object|script|link|meta|area|input)\b)[a-z][\w-]*+[^<>]*?"
    r"\s[\w-]+=\"(?:[^\"<>]{0,200}url\()?(?:'|&quot;)?(?:https?:)?//[^\"<>\s()]+\.(?:jpe?g|png|webp|gif)\b",
    re.IGNORECASE,
)
_DEEPEST: Final = 40
"""Maximum elements around a line that are looked at."""
_NOTHING: Final = Holder()
_SENTENCE = re.compile(r"[。！？；…!?]|[a-z][.](?:\s|\Z)")


def _around(node: LexborNode, bodies: Collection[int], steps: dict[int, Step]) -> Iterator[Step]:
    """Yield the nearest elements around a line, by their names; `steps` has those of earlier lines."""
    at: LexborNode | None = node if node.is_element_node else node.parent
    if at is not None and at.mem_id in bodies:
        yield Step(_LOOSE_TEXT)
    for _ in range(_DEEPEST):
        if at is None or at.mem_id in bodies or at.tag in {"body", "html"}:
            break
        if at.tag in BLOCK:
            known = steps.get(at.mem_id)
            if known is None:
                step = step_of(at)
                known = Step(step.tag, None, tuple(word for word in step.classes if GENERATED not in word))
                steps[at.mem_id] = known
            yield known
        at = at.parent


def names_inside(found: Iterable[Step]) -> set[str]:
    """Return tags (`div`) and class words (`.text`) of elements."""
    return {name for step in found for name in (step.tag, *(f".{word}" for word in step.classes))}


def strange_holders(found: Mapping[Step, Holder], known: Collection[str], profile: Profile) -> list[str]:
    """Return the names of elements that hold the body's text, or its first or last line, and that no known page has.

    A class word on elements of a known kind is strange only where few of them have it: style libraries add words to
    all. Bodies that are made in editors' tools nest sections with names of their own: there only other elements with
    names are, that hold most of the text or what is no text of an article.
    """
    if not known:
        return []
    nested = "section" in known
    total = max((one.size for one in found.values()), default=0)
    strange: dict[str, int] = {}
    marked: dict[str, int] = {}
    for step, one in found.items():
        if any(f".{word}" in known or _is_selected(word, profile) for word in step.classes):
            continue
        if nested and (not step.classes or step.tag in {"section", "p", *_CONTENT}):
            continue
        most = one.size >= MOST_TEXT * total
        odd = one.inserted or one.edge or one.twice
        name = f".{step.classes[0]}" if step.classes else step.tag
        if step.tag not in known and step.tag not in _CONTENT:
            if odd or most:
                strange[name] = max(one.size, strange.get(name, 0))
        elif step.classes and nested and most:
            strange[name] = max(one.size, strange.get(name, 0))
        elif step.classes and odd:
            marked[name] = marked.get(name, 0) + one.size
    if len(marked) <= _MARKS and sum(marked.values()) < MOST_TEXT * total:
        strange |= marked
    return sorted(strange, key=lambda name: (name[0] != ".", -strange[name], name))


def styles(names: Iterable[str], apart: PartitionedPage) -> set[str]:
    """Return those of `names` that are class words of a style (`.mt-4`): elements outside the body have them too."""
    wanted = {name for name in names if name[0] == "."}
    if not wanted:
        return set()
    bodies = {node.mem_id for node in apart.walk.claims.by_name.get("body", ())}
    known: dict[int, bool] = {}
    found: set[str] = set()
    for node in apart.values.page.dom.css("[class]"):
        words = {f".{word}" for word in (node.attributes.get("class") or "").split()} & wanted
        if not words <= found and not _is_within(node, bodies, known):
            found |= words
    return found


def _is_within(node: LexborNode, bodies: Collection[int], known: dict[int, bool]) -> bool:
    """Return whether an element is one of the body or inside it; `known` has the answer for those already climbed."""
    climbed: list[int] = []
    at: LexborNode | None = node
    within = False
    while at is not None:
        ident = at.mem_id
        if (earlier := known.get(ident)) is not None:
            within = earlier
            break
        climbed.append(ident)
        if ident in bodies:
            within = True
            break
        at = at.parent
    known.update(dict.fromkeys(climbed, within))
    return within


def _is_selected(word: str, profile: Profile) -> bool:
    """Return whether a selector of the profile has a class by its whole name."""
    return any(kind == "." for kind, _ in profile.interest.by_class[word])


_MARKS: Final = 2
"""Maximum different class words on elements of a known kind that are strange."""

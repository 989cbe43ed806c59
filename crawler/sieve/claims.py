"""Applies a layout's rules to a page: which rule claims which node.

The article's rules come first, then the layout's chrome, then what the site's layouts share, and rules for the `rest`
last; the first rule that claims a node keeps it. Rules inside win over rules outside, since the walk meets them
later.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec
from selectolax.lexbor import LexborNode

from ..page.dom import Page, is_hidden
from ..page.index import outermost
from ..page.text import collapse
from ..profiles.model import Body, Chrome, Layout, Region
from ..profiles.patterns import occurs
from ..records.model import Role


class Target(StrEnum):
    """The part of the record that the text of a claimed region belongs to."""

    TITLE = "title"
    HEADLINE = "headline"
    INFO = "info"
    BODY = "body"
    CHROME = "chrome"


class Claim(msgspec.Struct, frozen=True):
    """A claimed node: the rule (its key in the profile), and the part of the record."""

    target: Target
    rule: str
    node: LexborNode
    role: Role | None = None
    chrome: Chrome | None = None
    body: Body | None = None
    heading_of: int | None = None
    """For a heading before its region: the region's identity."""


class Claims:
    """All claims on a page, by node and by rule name."""

    def __init__(self) -> None:
        self.by_node: dict[int, Claim] = {}
        self.by_name: dict[str, list[LexborNode]] = {}
        self.marked: set[int] = set()
        self.headings: dict[int, str] = {}
        """Headings shared with an earlier region, by the region's identity."""
        self.further: list[LexborNode] = []
        """Elements that the body's selector matches, except the first."""

    def add(self, name: str, claim: Claim) -> bool:
        """Add a claim unless an earlier rule has the node; return whether it was added."""
        ident = claim.node.mem_id
        if ident in self.by_node:
            return False
        self.by_node[ident] = claim
        self.by_name.setdefault(name, []).append(claim.node)
        self.mark(claim.node)
        return True

    def mark(self, node: LexborNode) -> None:
        """Mark all ancestors of `node` as having a claimed descendant."""
        marked = self.marked
        parent = node.parent
        while parent is not None:
            ident = parent.mem_id
            if ident in marked:
                return
            marked.add(ident)
            parent = parent.parent


def apply_rules(page: Page, layout: Layout) -> Claims:
    """Apply the rules of `layout` to `page`."""
    claims = Claims()
    for node in page.textless:
        claims.mark(node)
    for node in page.select("title")[:1]:
        claims.add("title", Claim(Target.TITLE, "title", node))
    article = layout.article
    if article.headline is not None:
        for rule, nodes in _found(page, article.headline, "article.headline"):
            for node in _shown(nodes)[:1]:
                claims.add("headline", Claim(Target.HEADLINE, rule, node))
    for number, body in enumerate(article.body):
        found = _found(page, body, f"article.body[{number}]")
        if not found:
            continue
        rule, matched = found[0]
        nodes = _shown([node for node in outermost(matched) if _has_content(page, node, body)])
        for node in nodes if body.every else nodes[:1]:
            claims.add("body", Claim(Target.BODY, rule, node, body=body))
        claims.further += () if body.every else nodes[1:]
        if nodes:
            break
    for name, region in article.info.items():
        for rule, nodes in _found(page, region, f"article.info.{name}"):
            for node in nodes:
                claims.add(name, Claim(Target.INFO, rule, node))
    for name, chrome in layout.chrome.items():
        for rule, nodes in _found(page, chrome, f"chrome.{name}"):
            taken = [
                node
                for node in nodes
                if claims.add(name, Claim(Target.CHROME, rule, node, role=chrome.role, chrome=chrome))
            ]
            if chrome.heading_before is not None:
                _head(page, claims, name, rule, chrome, taken)
    return claims


def _head(page: Page, claims: Claims, name: str, rule: str, chrome: Chrome, regions: list[LexborNode]) -> None:
    """Claim the headings before `regions`: each belongs to the first region after it and is shared by the others."""
    headings = _selected(page, chrome.heading_before)
    skipped = _selected(page, chrome.heading_skip) | {region.mem_id for region in regions}
    known: dict[int, LexborNode | None] = {}
    for region in regions:
        heading = known[region.mem_id] = _before(region, headings, skipped, known)
        if heading is None:
            continue
        claim = Claim(Target.CHROME, rule, heading, role=chrome.role, chrome=chrome, heading_of=region.mem_id)
        if not claims.add(f"{name}.heading", claim):
            claims.headings[region.mem_id] = collapse(heading.text(separator=" "))


def _selected(page: Page, css: str | None) -> set[int]:
    if css is None:
        return set()
    return {node.mem_id for node in page.select(css)}


def _before(
    node: LexborNode, headings: set[int], skipped: set[int], known: Mapping[int, LexborNode | None]
) -> LexborNode | None:
    """Return the nearest preceding sibling of `node` in `headings`, across `skipped` and empty elements only.

    `known` are the results for earlier siblings, which are not passed again.
    """
    sibling = node.prev
    while sibling is not None:
        if sibling.mem_id in headings:
            return sibling
        if sibling.mem_id in known:
            return known[sibling.mem_id]
        if sibling.mem_id not in skipped and not sibling.is_comment_node and sibling.text().strip():
            return None
        sibling = sibling.prev
    return None


def _found(page: Page, region: Region, rule: str) -> list[tuple[str, list[LexborNode]]]:
    """Return the first alternative of `region` that finds nodes, as [(rule, nodes)], or []."""
    alternatives = (region.css,) if isinstance(region.css, str) else region.css or ()
    for number, source in enumerate(alternatives):
        nodes = _filtered(region, page.select(source))
        if nodes:
            return [(rule if isinstance(region.css, str) else f"{rule}.css[{number}]", nodes)]
    if region.xpath is not None:
        nodes = _filtered(region, [node for node in page.xpath(region.xpath) if isinstance(node, LexborNode)])
        if nodes:
            return [(f"{rule}.xpath", nodes)]
    return []


def _filtered(region: Region, nodes: list[LexborNode]) -> list[LexborNode]:
    if region.text_nodes:
        children = [child for node in nodes for child in node.iter(include_text=True, skip_empty=True)]
        nodes = [child for child in children if child.is_text_node and (child.text_content or "").strip()]
    where = region.where
    if where is None:
        return nodes
    separator = "" if region.text_nodes else " "
    return [node for node in nodes if occurs(where, collapse(node.text(separator=separator)))]


def _shown(nodes: list[LexborNode]) -> list[LexborNode]:
    """Return the visible `nodes`, or all if all are hidden: a hidden one next to a visible one is a copy."""
    if len(nodes) < 2:
        return nodes
    known: dict[int, bool] = {}
    return [node for node in nodes if not _is_out_of_sight(node, known)] or nodes


def _is_out_of_sight(node: LexborNode, known: dict[int, bool]) -> bool:
    """Return whether the page hides `node` or what it stands in; `known` are the elements that were asked about."""
    above: LexborNode | None = node
    way = []
    hidden = False
    while above is not None and above.is_element_node and not hidden:
        if (ident := above.mem_id) in known:
            hidden = known[ident]
            break
        way.append(ident)
        hidden = is_hidden(above)
        above = above.parent
    known.update(dict.fromkeys(way, hidden))
    return hidden


def _has_content(page: Page, node: LexborNode, body: Body) -> bool:
    if node.text().strip() or node.css_first("img, video") is not None:
        return True
    return body.videos is not None and bool(page.select_in(node, body.videos.css))  # a player that a script fills

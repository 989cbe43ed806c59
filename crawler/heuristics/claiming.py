"""A general reading as claims: what a profile's rules say of a page, said by what the lines are found to be.

The claims feed the partition as a profile's do, so every character goes to one place whatever is claimed here.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.dom import Page
from ..profiles.model import Body, Chrome, Items, Value
from ..records.model import Role
from ..sieve.claims import Claim, Claims, Target
from .body import Reading
from .fields import SLASHED
from .outline import ABOVE, HIDDEN, NAMES, STREAMED
from .roles import ACCOUNT, Inside, Region, inner_role, is_list, role_of, worded

RULE: Final = "general"
_RULES: Final = {role: f"{RULE}.{role.value}" for role in Role}
_LISTS: Final = frozenset(
    {Role.RELATED, Role.HOT, Role.PREVIOUS, Role.NEXT, Role.COLUMNS, Role.NAV, Role.BREADCRUMB, Role.TAGS}
)
_STORIES: Final = _LISTS - {Role.NAV, Role.BREADCRUMB}
"""Lists whose entries may name an author or a time; what has such a class in a menu or path is mostly another menu."""
_DATE = re.compile(r"(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}|\b\d{1,2}:\d\d\b|[小分]时?前|\b20\d\d\b")
_STATED = re.compile(
    r"来源|稿源|作者|记者|执笔\s?[/:：|丨]|编辑|责编|\bBy\b|\bPublished\b|\bUpdated\b|Von |Par ", re.IGNORECASE
)
_INLINE: Final = re.compile(
    r"\s*[（(\[【]?\s*(?:返回.{0,8}查看更多|返回(?:首页|搜狐|顶部)|阅读原文)\s*[）)\]】]?\s*"
    r"|\s*[（(]\s*[-+]?[\d.]+\s*,\s*[-+]?[\d.]+\s*,\s*[-+]?[\d.]+%\s*[)）]\s*"
)
"""What a portal puts into the lines of its articles: a link back, or a share's price."""
_INLINE_LENGTH: Final = 40
_NAMING: Final = "h2, h3, h4"
_HEADS: Final = f"{_NAMING}, h5"
_HEADINGS: Final = frozenset(_HEADS.split(", "))
_NAMED: Final = "[class*=author], [class*=source], [class*=nick]"
_TIMES: Final = "time, [class*=time], [class*=date]"
_STATING: Final = f"{_NAMED}, {_TIMES}"
_BEFORE_TIME: Final = r"\A\s*([^\s\d][^\s|]{1,19})\s+20\d\d[-/.年]"
"""A name before a time on one line: the entry's author."""
_INFO: Final = 240
"""Characters of a line with time and source; a longer one holds more than that."""
_ABOUT: Final = 12
"""Lines round the headline in which such lines are looked for."""
_DEEPEST: Final = 12
"""Levels below a region in which regions with a role of their own are looked for."""
_HEADING: Final = 48
"""Length up to which a line that names a role is the heading of what follows it."""
_HEADED: Final = frozenset({Role.RELATED, Role.HOT, Role.PREVIOUS, Role.COMMENTS, Role.NEXT, Role.TAGS})
_HIDDEN: Final = frozenset({Role.HOT, Role.COMMENTS, Role.SHARE, Role.PREVIOUS, Role.APP})
"""Roles that hidden elements keep, if their names say so."""
_INSIDE: Final = {
    Role.COLUMNS: frozenset(
        {Role.RELATED, Role.HOT, Role.PREVIOUS, Role.ACCOUNT, Role.AD, Role.COMMENTS, Role.NEXT, Role.FOOTER}
    ),
    Role.FOOTER: frozenset({Role.DISCLAIMER}),
    Role.NAV: frozenset({Role.BREADCRUMB, Role.SEARCH, Role.AD}),
    Role.BREADCRUMB: frozenset({Role.SHARE, Role.SEARCH}),
}
"""Roles that a part of a region may have in its place; anything else in it is the region's."""
_ANY: Final = frozenset(Role)


class Claiming:
    """Lays the claims of a reading; `headline` and `info` are the numbers of the lines found to be these."""

    def __init__(self, page: Page, reading: Reading) -> None:
        self.page = page
        self.reading = reading
        self.outline = reading.outline
        self.claims = Claims()
        self.chosen = self._without_head()
        self.headline = reading.figures.head
        self.info = self._info_lines()
        count = len(self.outline.lines)
        self.kept = _before((*self.chosen, *self.info, *([self.headline] if self.headline >= 0 else ())), count)
        self.own = _before(self.chosen, count)
        self._heads = [element for element, tag in enumerate(self.outline.tags) if tag in _HEADINGS]

    def lay(self) -> Claims:
        """Return the claims: title, headline, lines about the article, the body and what stands in it, the rest."""
        claims = self.claims
        for node in self.page.textless:
            claims.mark(node)
        for node in self.page.select("title")[:1]:
            claims.add("title", Claim(Target.TITLE, "title", node))
        if self.headline >= 0:
            for number, node in enumerate(self._nodes_of(self.headline)):
                target = Target.HEADLINE if number == 0 else Target.INFO
                claims.add(target.value, Claim(target, f"{RULE}.headline", node))
        for number in self.info:
            for node in self._nodes_of(number):
                claims.add("info", Claim(Target.INFO, f"{RULE}.info", node))
        if self.chosen:
            self._body()
        self._beside(0)
        return claims

    # --- The article --------------------------------------------------------------------------------------------------

    def _without_head(self) -> list[int]:
        """Return the chosen lines less the headline."""
        head = self.reading.figures.head
        return [number for number in self.reading.chosen if number != head]

    def _info_lines(self) -> list[int]:
        """Return the lines with time and source: short ones between the headline and the body, or right before it."""
        lines, head = self.outline.lines, self.headline
        first = self.chosen[0] if self.chosen else len(lines)
        near = range(max(0, head - 3), min(first, head + _ABOUT)) if head >= 0 else range(max(0, first - 4), first)
        chosen = set(self.chosen)
        found = []
        for number in near:
            line = lines[number]
            if number == head or number in chosen or line.length > _INFO:
                continue
            above = self.outline.above[line.element]
            if above & (ABOVE["nav"] | ABOVE["footer"]):
                continue
            dated = _DATE.search(line.text) is not None
            if not dated and (ACCOUNT.search(line.text) or worded(line.text) is Role.SHARE):
                continue  # an account's figures, or what a share bar begins with
            if (
                dated
                or _STATED.search(line.text)
                or SLASHED.fullmatch(line.text)
                or (self.outline.names[line.element] & NAMES["meta"] and number > head)
            ):
                found.append(number)
        return found

    def _body(self) -> None:
        """Claim the element round the chosen lines, and in it what is not the article.

        What a page streams into places of its own is claimed part by part: their common element holds the whole page.
        """
        outline = self.outline
        whole = self._around(self.chosen)
        parts: dict[int, int | None] = {}
        for number in self.chosen:
            part = self._streamed(outline.lines[number].element, whole)
            parts.setdefault(number if part is None else -part, part)
        if not any(parts.values()):
            parts = {0: whole}
        for number, part in parts.items():
            for node in [outline.nodes[part]] if part is not None else self._nodes_of(number):
                self.claims.add("body", Claim(Target.BODY, f"{RULE}.body", node, body=Body()))
            if part is not None:
                self._inside(part)
        for number in self.chosen:
            self._inline(number)

    def _inline(self, number: int) -> None:
        """Claim what stands in a line of the article and is not it."""
        nodes = self.outline.nodes_of(number)
        if len(nodes) < 2:
            return
        box = self.outline.nodes[self.outline.lines[number].element].mem_id
        for node in nodes:
            above = node.parent
            for _ in range(4):
                if above is None or above.mem_id == box:
                    break
                text = above.text()
                if len(text) > _INLINE_LENGTH:
                    break
                if _INLINE.fullmatch(text):
                    self.claims.add("inline", Claim(Target.CHROME, f"{RULE}.tools", above, role=Role.TOOLS))
                    break
                above = above.parent

    def _streamed(self, element: int, whole: int) -> int | None:
        """Return the outermost streamed element in `whole` around an element, None if there is none."""
        outline = self.outline
        found = None
        while element != whole and outline.above[element] & STREAMED:
            found = element
            element = outline.parents[element]
        return found

    def _around(self, numbers: Sequence[int]) -> int:
        """Return the innermost element that holds lines."""
        outline = self.outline
        first, last = numbers[0], numbers[-1]
        element = outline.lines[first].element
        while not (outline.first[element] <= first and last < outline.last[element]):
            element = outline.parents[element]
        return element

    def _inside(self, container: int) -> None:
        """Claim what stands in the body and is not the article: whole elements, else lines."""
        outline, own, kept = self.outline, self.own, self.kept
        start, end = self.chosen[0], self.chosen[-1] + 1
        ignored = -1  # the last element inside one that is claimed
        claimed: set[int] = set()
        for element in range(container + 1, self.outline.ends[container] + 1):
            first, last = outline.first[element], outline.last[element]
            if element <= ignored or last <= first or own[last] > own[first]:
                continue
            ignored = self.outline.ends[element]
            if kept[last] > kept[first]:
                ignored = element
                continue
            if outline.tags[element] in {"figure", "picture"} and start <= first < end:
                self._lines(range(first, last))
            else:
                self._claim_inner(element, range(first, last), outline.nodes[element])
            claimed.update(range(first, last))
        chosen = {*self.chosen, *self.info, self.headline, *claimed}
        rest = [n for n in range(outline.first[container], outline.last[container]) if n not in chosen]
        self._lines(rest)
        for before, element, node in outline.media:
            if not container <= element <= self.outline.ends[container] or start - 3 <= before <= end + 1:
                continue
            self.claims.add("media", Claim(Target.CHROME, f"{RULE}.media", node, role=Role.UNKNOWN))

    def _claim_inner(self, element: int, lines: range, node: LexborNode) -> None:
        region = Region(self.outline, element, lines)
        role = inner_role(region)
        if role in {Role.UNKNOWN, Role.RELATED} and region.length > _INFO:
            self._chrome(role, node, region)
            self._among(self._children(element), _inside(region, role), 0)
        else:
            self._chrome(role, node, region)

    def _lines(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            line = self.outline.lines[number]
            role = inner_role(Region(self.outline, line.element, range(number, number + 1)))
            for node in self._nodes_of(number):
                self.claims.add(role.value, Claim(Target.CHROME, _RULES[role], node, role=role))

    # --- The rest -----------------------------------------------------------------------------------------------------

    def _beside(self, element: int) -> None:
        """Claim the regions beside the article in an element that holds some of it."""
        waiting = [element]
        while waiting:
            at = waiting.pop()
            if self.outline.nodes[at].mem_id in self.claims.by_node:
                continue
            waiting += self._among(self._children(at), None, 0)

    def _among(self, children: Sequence[int], context: Inside | None, depth: int) -> list[int]:
        """Claim regions among the children of one element, and return those of them that hold some of the article.

        A short child that names a role is the heading of the one after it. `context` is the region around.
        """
        outline, kept = self.outline, self.kept
        heading: tuple[int, Role] | None = None
        holding = []
        for child in children:
            first, last = outline.first[child], outline.last[child]
            if last <= first:
                continue
            if kept[last] > kept[first]:
                heading = None
                holding.append(child)
                continue
            if (
                context is not None
                and heading is None
                and context.is_silent(range(first, last), range(child, outline.ends[child] + 1))
            ):
                continue
            if outline.nodes[child].mem_id in self.claims.by_node:
                continue
            region = Region(outline, child, range(first, last))
            if region.length <= _HEADING and region.links <= 3 and not outline.above[child] & HIDDEN:
                role = worded(region.sample) if heading is None else heading[1]
                if role in _HEADED:
                    heading = heading or (child, role)
                    continue
            self._region(region, context, heading, depth)
            heading = None
        if heading is not None:
            self._region(Region(outline, heading[0], self._lines_in(heading[0])), context, None, depth)
        return holding

    def _region(self, region: Region, context: Inside | None, heading: tuple[int, Role] | None, depth: int) -> None:
        """Claim an element that holds nothing of the article, and what in it has a role of its own."""
        outline, element = self.outline, region.element
        node = outline.nodes[element]
        if outline.above[element] & HIDDEN and context is None:
            if (role := region.named) in _HIDDEN and role is not None:  # a tab, or a form that opens
                self._chrome(role, node, region)
            return
        if region.length > _INFO and (tabs := self._tabs(region)):
            for name, child in tabs:
                self._chrome(name, outline.nodes[child], Region(outline, child, self._lines_in(child)))
            return
        role, sure = role_of(region)
        if heading is not None and (role in {None, Role.NAV, Role.COLUMNS, Role.TAGS} or not sure):
            role, sure = heading[1], True
        if heading is not None and role is heading[1]:
            head = outline.nodes[heading[0]]
            self.claims.add(
                f"{role.value}.heading",
                Claim(Target.CHROME, _RULES[role], head, role=role, heading_of=node.mem_id),
            )
        elif heading is not None:
            self._region(Region(outline, heading[0], self._lines_in(heading[0])), context, None, depth)
        if context is not None and role not in _INSIDE.get(context.role, _ANY):
            role, sure = None, False
        if role is None and region.links >= 3 and context is None and is_list(region):
            role, sure = (Role.NAV if self._leading(region) else Role.COLUMNS), True
        if role is Role.NAV and not self._leading(region) and not outline.above[element] & ABOVE["nav"]:
            role = Role.FOOTER if outline.above[element] & ABOVE["footer"] else Role.COLUMNS
        if context is not None and role is context.role:
            role = None
        if role is not None:
            self._chrome(role, node, region)
        if sure or depth >= _DEEPEST:
            return
        if children := self._children(element):
            self._among(children, context if role is None else _inside(region, role), depth + 1)

    def _tabs(self, region: Region) -> list[tuple[Role, int]]:
        """Return roles and elements of a region of tabs (their names, then a list for each), nothing of any other."""
        children = [child for child in self._children(region.element) if self._lines_in(child)]
        if len(children) < 3:
            return []
        first, texts = self._lines_in(children[0]), self.outline.columns.texts
        if worded(texts[first.start]) is None or sum(map(len, texts[first.start : first.stop])) > _HEADING:
            return []
        names = " ".join(map(self.outline.spaced, first))
        if len(names) > _HEADING:
            return []
        roles = [role for name in names.split() if (role := worded(name)) is not None and role in _HEADED]
        if len(roles) != len(children) - 1 or len(roles) != len(names.split()):
            return []
        return [*zip(roles, children[1:], strict=True), (roles[0], children[0])]

    def _leading(self, region: Region) -> bool:
        """Return whether a region stands before the article."""
        kept = self.kept
        return kept[region.lines.stop] == 0

    def _lines_in(self, element: int) -> range:
        return range(self.outline.first[element], self.outline.last[element])

    def _chrome(self, role: Role, node: LexborNode, region: Region) -> None:
        items = heading = None
        if role in _LISTS:
            heads, tags = self._heads, self.outline.tags
            inside = heads[bisect_left(heads, region.element) : bisect_right(heads, self.outline.ends[region.element])]
            if any(tags[element] != "h5" for element in inside):
                heading = _NAMING
            if region.links > 1:
                stated = role in _STORIES and node.css_first(_STATING) is not None
                items = _items(region.item_css, headed=bool(inside), stated=stated)
        chrome = Chrome(css="*", role=role, items=items, heading=heading)
        self.claims.add(role.value, Claim(Target.CHROME, _RULES[role], node, role=role, chrome=chrome))

    # --- Elements and nodes -------------------------------------------------------------------------------------------

    def _children(self, element: int) -> list[int]:
        ends = self.outline.ends
        last = ends[element]
        found: list[int] = []
        child = element + 1
        while child <= last:
            found.append(child)
            child = ends[child] + 1
        return found

    def _nodes_of(self, number: int) -> list[LexborNode]:
        """Return the nodes that hold a line and nothing else: its element if possible, else parts of it."""
        outline = self.outline
        element = outline.lines[number].element
        if outline.last[element] - outline.first[element] == 1 and element:
            return [outline.nodes[element]]
        return _tops(outline.nodes_of(number), outline.nodes[element])


def _inside(region: Region, role: Role) -> Inside:
    return Inside(region, role, _INSIDE.get(role, _ANY), _HEADED)


@lru_cache(maxsize=256)
def _items(css: str, *, headed: bool, stated: bool) -> Items:
    """Return how a list whose entries are these elements is split.

    Rules that find nothing in the list are left out: each costs a search of it. `headed` says whether it has headings,
    `stated` whether it names authors or times.
    """
    links = Value(css="a")
    return Items(
        css=css,
        headline=(Value(css=_HEADS), links) if headed else (links,),
        author=(Value(css=_NAMED), Value(css=_TIMES, match=_BEFORE_TIME)) if stated else (),
        date_published=(Value(css=_TIMES),) if stated else (),
    )


def _before(numbers: Sequence[int], count: int) -> list[int]:
    """Return for each of `count` lines, and for the end, how many of the numbered ones stand before it."""
    taken = bytearray(count)
    for number in numbers:
        taken[number] = 1
    return [*accumulate(taken, initial=0)]


def _tops(nodes: Sequence[LexborNode], box: LexborNode) -> list[LexborNode]:
    """Return the outermost nodes below `box` whose text is that of a line's nodes alone."""
    own = {node.mem_id for node in nodes}
    found: dict[int, LexborNode] = {}
    for node in nodes:
        top = node
        above = node.parent
        while above is not None and above.mem_id != box.mem_id and _holds_only(above, own):
            top, above = above, above.parent
        found.setdefault(top.mem_id, top)
    return list(found.values())


def _holds_only(node: LexborNode, own: set[int]) -> bool:
    for count, inner in enumerate(node.traverse(include_text=True, skip_empty=True)):
        if count > 40 or (inner.is_text_node and inner.mem_id not in own and (inner.text_content or "").strip()):
            return False
    return True

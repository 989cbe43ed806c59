"""What a part of a page beside the article is for: by its tag, its names, the words that it begins with, its links."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final

from ..records.model import Role
from .outline import HIDDEN, Outline

_NAMED: Final = tuple((role, re.compile(pattern)) for role, pattern in (
    (Role.BREADCRUMB, r"crumb|(?<![a-z])position|weizhi|(?<![a-z])location|(?<![a-z])path(?![a-z])|channel[-_]?path|cur[-_]?pos"),
    (Role.COMMENTS, r"comment|pinglun|disqus|(?<![a-z])reply|gentie|tie(?=[-_ ]|$)"),
    (Role.SHARE, r"share|fenxiang|social|sns"),
    (Role.DISCLAIMER, r"disclaim|statement|shengming"),
    (Role.TAGS, r"(?<![a-z])tags?(?![a-z])|keyword|biaoqian|(?<![a-z])topics?(?![a-z])"),
    (Role.PREVIOUS, r"author[-_]?(?:article|news|other|more)|(?<![a-z])other[-_]?news"),
    (Role.RELATED, r"relat|(?<![a-z])prev(?![a-z]*iew)|recommend|xiangguan|tuijian|(?<![a-z])next|read[-_]?more|more[-_]?(?:news|stor)|also|guess|interest"),
    (Role.HOT, r"(?<![a-z])hot|rank|paihang|popular|trending|most[-_]?(?:read|view)|top[-_]?(?:stor|news|10)"),
    (Role.CREDITS, r"(?<![a-z])editor|bianji|zebian"),
    (Role.SEARCH, r"search"),
    (Role.AD, r"(?<![a-z])ads?(?![a-z])|advert|guanggao|sponsor|outbrain|taboola|(?<![a-z])gg\d"),
    (Role.APP, r"download|qr[-_]?code|erweima|ewm|(?<![a-z])app(?![a-z])|weixin|wechat"),
    (Role.FOOTER, r"foot|copy[-_]?right|(?<![a-z])bottom|site[-_]?info"),
    (Role.ACCOUNT, r"(?<![a-z])author|account|user[-_]?(?:info|card)|(?<![a-z])(?:media|up)[-_]?info|profile"),
    (Role.TOOLS, r"tool|login|subscri|newsletter|cookie|consent|popup|modal|signup|paywall|back[-_]?top|totop"),
    (Role.NAV, r"(?<![a-z])nav|(?:top|main|sub|site|head)[-_]?nav|menu|(?<![a-z])header|(?<![a-z])head(?![a-z])|topbar|(?<![a-z])top(?![a-z])|channel|logo|masthead"),
    (Role.COLUMNS, r"side|right|aside|column|widget"),
))  # fmt: skip
_DISCLAIMER: Final = r"(?:不代表|仅代表作者).{0,12}(?:观点|立场)|版权声明"
_FOOTER: Final = r"ICP[备证]|京公网安|版权所有|all rights reserved|alle rechte vorbehalten|tous droits réservés|©\s*(?:19|20)\d\d|copyright ©"
_WORDED: Final = tuple((role, re.compile(pattern, re.IGNORECASE)) for role, pattern in (
    (Role.TAGS, r"\A(?:标签|关键词|关键字|tags?\s*[:：]|topics?\s*[:：]|schlagw|thema\s*[:：])"),
    (Role.BREADCRUMB, r"\A(?:您?(?:现在|当前|所在)的?位置|当前位置|位置[:：]|(?:[^\s>]{1,12}\s*[>›»]\s*){1,3}|home\s*[>›»/])"),
    (Role.CREDITS, r"\A[（(\[【]?\s*(?:纠错\s*[】\]]?\s*[【\[（(]?\s*)?(?:本文)?(?:责任编辑|责编|编辑|值班编辑|本期编辑|主编|监制|校对|审核|editor)\s*[:：|丨/]|\A本文来源\s*[:：]"),
    (Role.DISCLAIMER, r"\A[\W_]{0,3}.{0,6}(?:声明|免责)|" + _DISCLAIMER),
    (Role.FOOTER, _FOOTER),
    (Role.SHARE, r"\A.{0,6}(?:分享|转发)|\Ashare\b|\Ateilen\b|\Apartager\b|\Acompartir\b"),
    (Role.PREVIOUS, r"\A.{0,4}(?:该作者|作者(?:其他|最新|文章)|他的文章|TA的(?:最新|文章)|往期|最近文章)|\Amore (?:from|by)\b"),
    (Role.RELATED, (r"\A(?!热[点门文榜搜读]).{0,4}(?:相关|延伸阅读|推荐|为您推荐|为你推荐|猜你喜欢|[你您]可能|[上下]一[篇条]|阅读下一篇|更多(?:新闻|精彩|阅读)|精彩)|"
                   r"\A(?:related|recommended|you may|more stories|read (?:more|next|also)|see also|mehr zum|lesen sie|à lire|lire aussi|leer más|ver también|leggi anche)")),
    (Role.HOT, r"\A.{0,6}(?:热点|热门|热文|热榜|热搜|热读|排行|点击榜|要闻|今日热|24小时|48小时|一周)|\A(?:most (?:read|popular|viewed)|trending|meistgelesen|les plus lus|lo más)"),
    (Role.COMMENTS, r"\A.{0,8}(?:评论|跟帖|网友|我要说)|\A(?:\d+ )?(?:comments?|kommentare?|commentaires|comentarios|commenti|leave a (?:reply|comment))\b"),
    (Role.APP, r"\A.{0,10}(?:扫码|扫一扫|扫描|二维码|客户端|下载.{0,6}app|公众号|微信)"),
    (Role.AD, r"\A[\W_]{0,3}(?:广告|推广|advertisement|anzeige|publicité|publicidad|sponsored)"),
    (Role.TOOLS, r"\A.{0,4}(?:登录|注册|返回顶部|字号|打印|纠错|收藏|举报)|\A(?:log ?in|sign (?:in|up)|subscribe|newsletter|abonn|cookie|skip to)"),
))  # fmt: skip
_ANY_FIRST: Final = re.compile("|".join(f"(?:{pattern.pattern})" for _, pattern in _WORDED), re.IGNORECASE)
_ANY_WITHIN: Final = re.compile(f"{_DISCLAIMER}|{_FOOTER}", re.IGNORECASE)
"""What has any of these words: all patterns but these two begin at the first, where a search would try each anywhere."""
CREDITS = re.compile(
    r"\A[（(\[【—\-\s]*(?:本文)?(?:责任编辑|责编|编辑|实习编辑|值班编辑|主编|监制|校对|审核|来源|文章来源|稿源|原标题|原题为|本文原标题|作者|记者|采写|撰文|文|图|执笔)\s*[:：|丨/]|\A（原题为"
)
_TAGGED: Final = {
    "nav": Role.NAV,
    "footer": Role.FOOTER,
    "aside": Role.COLUMNS,
    "header": Role.NAV,
    "form": Role.TOOLS,
}
_VAGUE: Final = frozenset({Role.COLUMNS, Role.NAV, Role.ACCOUNT, Role.TOOLS})
"""Roles that names give to what has parts with other roles."""
ACCOUNT: Final = re.compile(
    r"\d[\d.万]*\s*(?:篇)?(?:文章|粉丝|人关注|关注度|获赞|阅读量)|(?:文章数?|粉丝|关注度|总阅读)\s*[:：]?\s*\d|\+\s?关注"
)
COUNTED: Final = ("文章", "粉丝", "关注", "获赞", "阅读")
"""Words of which `ACCOUNT` has at least one."""
_SHARED: Final = ("分享", "转发")
_ACCOUNTS: Final = 400
_MENU: Final = frozenset({Role.TOOLS, Role.HOT, Role.RELATED, Role.APP})
_FORM: Final = frozenset({Role.TOOLS, Role.APP, Role.SHARE})
"""Roles that the first words of a menu, or of a form for comments, may name by chance."""
_MENU_OR_FORM: Final = _MENU | _FORM
_HEADED: Final = frozenset({Role.RELATED, Role.HOT, Role.PREVIOUS})
_SMALL: Final = frozenset({Role.APP, Role.SHARE, Role.TOOLS, Role.TAGS, Role.BREADCRUMB, Role.CREDITS})
"""Roles of small regions: a large one that begins with their words holds more than that."""
_LARGE: Final = 400
_BUTTONS: Final = 200
_LABEL: Final = 200
_HEAD: Final = 24
_SAMPLE: Final = 80
_FIRST: Final = 3
"""Lines of a region that its first words are in."""
_WHOLE: Final = 12
"""Lines of a region that its whole text has at most."""
_TITLE: Final = 14
"""Length from which the text of a link may be the headline of another page."""
_MOST_ITEMS: Final = 400
_CLASS: Final = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


class Region:
    """An element's lines, and what its role can be known by."""

    __slots__ = ("element", "end", "length", "lines", "outline", "sample", "start")

    def __init__(self, outline: Outline, element: int, lines: range) -> None:
        self.outline = outline
        self.element = element
        self.lines = lines
        start, stop = lines.start, lines.stop
        self.start = start
        self.end = start + _WHOLE if stop - start > _WHOLE else stop
        """The end of the lines that `whole` is made of."""
        self.length = outline.length_sum[stop] - outline.length_sum[start]
        self.sample = " ".join(outline.columns.texts[start : start + _FIRST if stop - start > _FIRST else stop])[
            :_SAMPLE
        ]

    @property
    def links(self) -> int:
        """How many links it has."""
        return self.outline.links_sum[self.lines.stop] - self.outline.links_sum[self.lines.start]

    @property
    def linked(self) -> int:
        """How long its links are."""
        return self.outline.linked_sum[self.lines.stop] - self.outline.linked_sum[self.lines.start]

    @property
    def prose(self) -> int:
        """How long its lines that read like prose are."""
        return self.outline.prose_sum[self.lines.stop] - self.outline.prose_sum[self.lines.start]

    @property
    def whole(self) -> str:
        """The region's text, of a long one its beginning."""
        return " ".join(self.outline.columns.texts[self.start : self.end])[:400]

    @property
    def named(self) -> Role | None:
        """The role that its id and classes say."""
        return role_named(self.outline, self.element)

    @property
    def item_css(self) -> str:
        """The elements that the region's entries are: the widest that hold one headline each, most of which look alike."""
        outline, columns = self.outline, self.outline.columns
        start, stop = self.lines.start, self.lines.stop
        tags, parents, elements = outline.tags, outline.parents, columns.elements
        texts = columns.texts[start:stop]
        seen = Counter(texts) if len({*texts}) < len(texts) else {}  # most regions say nothing twice
        titles = [
            number
            for number, length, linked in zip(
                self.lines, columns.lengths[start:stop], columns.linked[start:stop], strict=True
            )
            if linked * 2 > length >= _TITLE and (not seen or seen[columns.texts[number]] < 3)
        ][:_MOST_ITEMS]
        headed = [number for number in titles if tags[elements[number]] in {"h2", "h3", "h4", "h5"}]
        titles = headed if len(headed) > 1 else titles
        names: dict[str, int] = {}
        for number, before, after in zip(titles, [-1, *titles], [*titles[1:], len(elements)], strict=False):
            at = elements[number]
            while (up := parents[at]) != self.element and at != self.element:
                if outline.first[up] <= before or outline.last[up] > after:
                    break
                at = up
            if at == self.element:
                continue
            name = _selector(tags[at], _classes(outline, at))
            names[name] = names.get(name, 0) + 1
        if names:
            best, count = max(names.items(), key=itemgetter(1))
            if count > 1 and count * 2 >= len(titles):
                return best
        return "li" if self.outline.nodes[self.element].css_first("li a") is not None else "a[href]"


@lru_cache(maxsize=20_000)
def _selector(tag: str, names: str) -> str:
    """Return an element's tag and first class as a selector."""
    classes = names.split()
    return f"{tag}.{classes[0]}" if classes and _CLASS.fullmatch(classes[0]) else tag


@lru_cache(maxsize=20_000)
def named(label: str) -> Role | None:
    """Return the role that an element's id and classes say, None for none."""
    return next((role for role, pattern in _NAMED if pattern.search(label)), None)


@lru_cache(maxsize=20_000)
def worded(text: str) -> Role | None:
    """Return the role that a region's first words say, None for none."""
    if _ANY_FIRST.match(text) is None and _ANY_WITHIN.search(text) is None:
        return None
    return next((role for role, pattern in _WORDED if pattern.search(text)), None)


@lru_cache(maxsize=20_000)
def _all_worded(text: str) -> frozenset[Role]:
    """Return all roles that a region's first words may say."""
    if worded(text) is None:
        return frozenset()
    return frozenset(role for role, pattern in _WORDED if pattern.search(text))


class Inside:
    """A region whose `role` is known, and where in it there may be parts with another one.

    `roles` are those that its parts may have, besides those that are headings (`headed`). Three in four parts of menus
    and lists have no word or name of these, so that they need not be looked at.
    """

    __slots__ = ("_elements", "_lines", "role")

    def __init__(self, region: Region, role: Role, roles: frozenset[Role], headed: frozenset[Role]) -> None:
        self.role = role
        outline, start, stop = region.outline, region.lines.start, region.lines.stop
        texts, tags, keys, first, last = outline.columns.texts, outline.tags, outline.keys, outline.first, outline.last
        wanted = roles | headed
        # Words that say something of a line do so of the lines that begin with it.
        lines = [
            number
            for number in region.lines
            if (said := _all_worded(" ".join(texts[number : number + _FIRST])[:_SAMPLE]))
            and not said.isdisjoint(wanted)
        ]
        for other, words in ((Role.SHARE, _SHARED), (Role.ACCOUNT, COUNTED)):
            if other in roles and outline.says(words, start, stop):
                lines += outline.saying(words, region.lines)
        self._lines = sorted(lines)
        tagged = {tag for tag, other in _TAGGED.items() if other in roles}
        below = slice(region.element + 1, outline.ends[region.element] + 1)
        self._elements = [
            inner
            for inner, key, tag in zip(range(below.start, below.stop), keys[below], tags[below], strict=True)
            if (key and role_named(outline, inner) in roles) or (tag in tagged and first[inner] < last[inner])
        ]

    def is_silent(self, lines: range, elements: range) -> bool:
        """Return whether no part of the region that has these lines and elements has a role of its own."""
        return not (_any_in(self._lines, lines) or _any_in(self._elements, elements))


def _any_in(numbers: Sequence[int], numbered: range) -> bool:
    """Return whether any of the numbers, which are in order, is in a range."""
    return bool(numbers) and bisect_left(numbers, numbered.start) < bisect_left(numbers, numbered.stop)


def _classes(outline: Outline, element: int) -> str:
    """Return an element's class as the page states it."""
    names, ident = outline.keys[element], outline.idents.get(element)
    return names[: -len(ident) - 1] if ident else names


def role_named(outline: Outline, element: int) -> Role | None:
    """Return the role that an element's id and classes say, None for none."""
    names = outline.keys[element]
    if len(names) < _LABEL:
        return _named(names) if names else None
    return named(f"{outline.idents.get(element, '')} {_classes(outline, element)}".lower()[:_LABEL])


@lru_cache(maxsize=20_000)
def _named(names: str) -> Role | None:
    return named(names.lower())


def role_of(region: Region) -> tuple[Role | None, bool]:
    """Return the role of a region beside the article, None for none, and whether all that is in it has it."""
    outline, element = region.outline, region.element
    tag = outline.tags[element]
    alike = region.length > _LARGE and is_list(region)
    role = worded(region.sample) if not alike else None
    if alike:
        first = outline.lines[region.lines.start]
        role = worded(first.text) if first.length <= _HEAD else None
    if (
        region.length <= _BUTTONS
        and outline.says(_SHARED, region.start, region.end)
        and role is not Role.COMMENTS
        and role is not Role.CREDITS
        and ("微信" in (whole := region.whole) or "微博" in whole or "QQ" in whole)
    ):
        role = Role.SHARE
    if role is not None and (role := _by_words(region, role)) is not None:
        if role is Role.BREADCRUMB and "分享" in region.whole:
            return role, False
        if role is Role.CREDITS:  # below the editors' names on a line of their own there may be tags or a share bar
            return role, len(region.lines) == 1
        if tag != "li":
            return role, region.length < 1500 or role in {Role.COMMENTS, Role.FOOTER}
    role = region.named
    if role is Role.NAV and region.prose * 2 > region.length:
        role = None
    if role is not None:
        return role, role not in _VAGUE
    if (by_tag := _TAGGED.get(tag)) is not None:
        return by_tag, tag in {"nav", "footer"}
    if region.length < _ACCOUNTS and outline.says(COUNTED, region.start, region.end) and ACCOUNT.search(region.whole):
        return Role.ACCOUNT, True
    return None, False


def _by_words(region: Region, role: Role) -> Role | None:
    """Return the role of a region whose first words say `role`: None where it holds more, or another by its name."""
    if (role is Role.FOOTER and region.length > 3000) or (role in _SMALL and region.length > _LARGE):
        return None
    if role in _MENU_OR_FORM:
        by_name = region.named
        if (by_name is Role.NAV and role in _MENU and region.prose * 2 <= region.length) or (
            by_name is Role.COMMENTS and role in _FORM
        ):
            return by_name
    return None if role in _HEADED and _other_heading(region, role) else role


def _other_heading(region: Region, role: Role) -> bool:
    """Return whether a region has a heading of another role than that of its first words."""
    outline, start = region.outline, region.lines.start
    columns = outline.columns
    for number in region.lines[2:_MOST_ITEMS]:
        if (
            columns.lengths[number] <= _HEAD
            and not columns.linked[number]
            and worded(columns.texts[number]) in _HEADED - {role}
            and outline.parents[columns.elements[number]] != outline.parents[columns.elements[start]]
        ):
            return True
    return False


def is_list(region: Region) -> bool:
    """Return whether most lines of a region look alike, as entries of a list do."""
    outline = region.outline
    if len(region.lines) <= 2:
        return False
    signs = sorted(outline.signs[region.lines.start : region.lines.stop])
    return signs.count(signs[len(signs) // 2]) * 3 >= 2 * len(signs)  # what most are is in the middle


def inner_role(region: Region) -> Role:
    """Return the role of what stands inside the body and is not the article."""
    outline, element = region.outline, region.element
    if outline.above[element] & HIDDEN:
        return Role.HIDDEN
    if CREDITS.search(region.sample):
        return Role.CREDITS
    role = worded(region.sample)
    if role is None:
        role = region.named
    if role in {Role.NAV, Role.COLUMNS, Role.BREADCRUMB}:
        role = None
    if role is None and region.linked * 2 > region.length:
        role = Role.RELATED
    return role or Role.UNKNOWN

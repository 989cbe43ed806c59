"""Labels: a rule that found nothing, although the words that its values begin with stand elsewhere in the record.

A line that is built of other elements is no longer claimed. Its text is then unclaimed, or a paragraph of the body, but
its label (来源：, 责任编辑：, 原标题：) is what it was. Where two values have changed places, their words say so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from ..page.text import squeeze
from ..records.model import BlockType, Record, Role
from .fingerprint import pattern
from .observe import DATE, HEADLINE, SOURCE

SWAPPED: Final = f"{SOURCE} swapped"
"""The name of the trace that source and author have changed places."""
_LONGEST_LINE: Final = 120
"""Maximum characters of a line of the body that is a label with a value."""
_LONGEST_TEXT: Final = 600
_ENDS: Final = 3
"""Lines at each end of the body that are examined: between them, articles quote."""
_SHORTEST: Final = 3
_BUILT: Final = 8
"""Minimum characters of a pattern, with a number, that tells a text apart: `《 汉 》（ 0汉0汉0汉 0 汉）`."""
_OPEN = r"(?:\A|(?<=[\s（(【\[|｜丨]))[（(【\[]?\s*"

_OF_FIELDS: Mapping[str, str] = {
    SOURCE: r"(?:文章|信息|稿件|新闻|内容)?(?:来源|稿源|来自)\s*[:：丨|]",
    "fields.authors": r"(?:作者|撰文|文)\s*[:：/丨|]|(?:本报|本网|特约|通讯员)?记者\s*[:：丨|]",
    "fields.originalHeadline": r"(?:原标题|原题)\s*[:：丨|]?",
}
_COMPILED: dict[str, re.Pattern[str]] = {}


def label_traces(record: Record, misses: Collection[str], prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return where in a record the labels of rules stand that miss; `prefixes` are what their values begin with."""
    found: dict[str, str] = {}
    texts: list[tuple[str, str]] | None = None
    for rule in misses:
        labels = _labels(rule, prefixes.get(rule, ""))
        if labels is None:
            continue
        if texts is None:
            texts = [*_texts(record)]
        for place, text in texts:
            at = labels.match(text) if place == _BODY else labels.search(text)
            if at is None or not text[at.end() :].strip():
                continue
            if place == _UNCLAIMED or (rule in _SIGNED) == (place == _OTHER):
                found[rule] = f"its label is in {place}"
                break
    return found


def lost_lines(record: Record, misses: Collection[str], patterns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return where in a record texts stand that are built like those of rules that miss; `patterns` are theirs."""
    wanted = {
        one: rule
        for rule in misses
        if not rule.startswith("fields.")
        for one in patterns.get(rule, ())
        if len(one) >= _BUILT and "0" in one and "。" not in one
    }
    found: dict[str, str] = {}
    for place, text in _texts(record) if wanted else ():
        rule = wanted.get(pattern(text)) if place != _OTHER else None
        if rule is not None:
            found[rule] = f"text like its own is in {place}"
    return found


def headline_below(record: Record, misses: Collection[str]) -> dict[str, str]:
    """Return where the headline's text stands, if its rule misses and it was read from the page's metadata."""
    headline = squeeze(record.headline or "")
    if HEADLINE not in misses or not headline:
        return {}
    below = any(squeeze(block.text or "") == headline for block in record.blocks)
    return {HEADLINE: f"its text is in {_BODY}"} if below else {}


def turned_dates(record: Record) -> dict[str, str]:
    """Return a date with its day before its year that stands in a line of the article and was not read, by doubt."""
    raw = squeeze(record.date_published_raw or "")
    found = (date[0] for line in record.info for date in _TURNED.finditer(line.text[:_LONGEST_TEXT]))
    return {f"{DATE} order": f"a date that was not read ({date})" for date in found if date not in raw}


def stray_labels(record: Record) -> dict[str, str]:
    """Return where unclaimed text has the label of a field with another value than the record has."""
    found: dict[str, str] = {}
    for place, text in _texts(record):
        if place != _UNCLAIMED:
            break
        for rule, values in _named(record).items():
            labels = _labels(rule, "")
            at = labels.search(text) if labels is not None else None
            stated = squeeze(text[at.end() :]) if at is not None else ""
            if stated and values and not any(stated.startswith(value) for value in values):
                found[rule] = f"its label is in {place}"
    return found


def _named(record: Record) -> dict[str, list[str]]:
    """Return the values of the fields that have labels."""
    authors = [squeeze(author.name) for author in record.authors]
    return {
        SOURCE: [squeeze(record.source.name)] if record.source is not None else [],
        "fields.authors": authors,
        "fields.originalHeadline": [squeeze(record.original_headline)] if record.original_headline is not None else [],
    }


def swapped(record: Record, title: str) -> dict[str, str]:
    """Return what stands in place of the source, if an author is named like a medium and the source like a person.

    Each alone is usual: a newsroom signs, and sources are accounts with the name of a person. `title` is the site's.
    """
    source = record.source.name if record.source is not None else ""
    if not PERSON.fullmatch(source):
        return {}
    signed = any(is_medium(author.name) or author.name == title for author in record.authors)
    return {SWAPPED: "a name, while an author is a medium"} if signed else {}


def is_medium(name: str) -> bool:
    """Return whether a name is that of a medium by its end."""
    return name.endswith("社") or _MEDIUM.search(name) is not None


_MEDIUM: Final = re.compile(
    r"[\u4e00-\u9fff](?:报|报社|通讯社|新华社|中新社|网|新闻|台|卫视|周刊|杂志|客户端|融媒|发布|观察)\Z"
)
"""The names of media end with these words."""
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范廖石韦贾夏付方白邹孟熊"
    "秦邱侯江尹薛闫段雷龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关焦柳祝纪裴阮卓柯骆虞岑游鲍盛简"
)
PERSON: Final = re.compile(
    rf"(?:[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}|(?:欧阳|上官|司马|诸葛|夏侯|皇甫|令狐|闻人)[\u4e00-\u9fff]{{1,2}})(?<![报社网台视刊])"
)
"""A common surname, and a given name."""
_BODY: Final = "the body"
_OTHER: Final = "another line"
_UNCLAIMED: Final = "unclaimed text"
_PLAYERS: Final = frozenset({BlockType.VIDEO, BlockType.AUDIO})
"""Their captions are what stands in their elements."""
_TURNED = re.compile(r"(?<![\d.:/-])\d{1,2}(?P<mark>[./-])\d{1,2}(?P=mark)(?:19|20)\d\d(?![.:/-])")
_SIGNED: Final = frozenset({SOURCE, "fields.authors"})
"""Fields that articles also name at their end; in a line of the page they are the page's."""


def _texts(record: Record) -> Iterator[tuple[str, str]]:
    for entry in record.chrome:
        if entry.role is Role.UNKNOWN and entry.text:
            yield _UNCLAIMED, entry.text[:_LONGEST_TEXT]
    for line in record.info:
        yield _OTHER, line.text[:_LONGEST_TEXT]
    lines = [text for block in record.blocks if (text := block.caption if block.type in _PLAYERS else block.text)]
    for text in [*lines[:_ENDS], *lines[_ENDS:][-_ENDS:]]:
        if len(text) <= _LONGEST_LINE:
            yield _BODY, text


def _labels(rule: str, prefix: str) -> re.Pattern[str] | None:
    """Return the pattern of a rule's labels, None for a rule whose values have none."""
    of_field = _OF_FIELDS.get(rule)
    own = re.escape(prefix) if len(prefix) >= _SHORTEST and prefix[-1] in "：:丨|/】]" else None
    parts = [part for part in (of_field, own) if part]
    if not parts:
        return None
    source = f"{_OPEN}(?:{'|'.join(parts)})"
    if source not in _COMPILED:
        _COMPILED[source] = re.compile(source)
    return _COMPILED[source]

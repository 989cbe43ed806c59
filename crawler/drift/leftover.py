"""What is left over of an article: words of its lines that no field of the record has, prose that no rule claims.

On nearly every page of a layout the fields and a few constants account for all words of a line. A label that was
rewritten, a name that was put into the line, or a value that its rule no longer finds stays over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ..page.text import squeeze
from ..profiles.patterns import occurs
from ..records.model import Record, Role
from .labels import PERSON
from .observe import BODY, split_rule

WORDS: Final = "words"
_BRACKETS = re.compile(r"[(（][^()（）]{0,12}[)）]")
"""A remark on a value: the place of a source."""
_WORD = re.compile(r"[\u3400-\u9fff]{2,}")
_USUAL: Final = (
    "^(?:[\u4e00-\u9fff]{0,4}记者|今天|昨天|前天|刚刚|小时前|分钟前|天前|星期[一二三四五六日天]|周[一二三四五六日天]|上午|下午|发布于?|更新于?|发表于?|编辑于|时间|发稿"
    "|来源|来自|稿源|供稿|选稿|作者|记者|编辑|责编|责任编辑|通讯员|摄影|实习生|见习|特约|编译|翻译|整理|综合|本文|原标题|阅读量?|浏览量?|点击|评论|跟帖|参与|点赞|喜欢|收藏|分享|转发|举报|打印|字号|字体|原创|关注|订阅"
    "|年|月|日|时|分|秒|次|条|人|大|中|小|万)+$"
)
"""Words that lines have anyway: labels and units of what is not extracted, and buttons. For RE2: many of the words are
parts of others, which would take Python's `re` exponential time."""
_DATE = re.compile(r"(?:19|20)\d\d[-/.年]\d")
_SHORTEST: Final = 2
_LONGEST_LABEL: Final = 4
"""Maximum characters of a word of one fixture alone that may be a constant; longer ones are text."""
_LONGEST: Final = 8
"""Maximum characters of a constant."""
_PROSE: Final = 60
"""Minimum characters of unclaimed prose: two sentences."""
_SHARED: Final = 2
"""Characters that a word has in common with a constant if both are one text with a name in it (读城市关注)."""


def left_over(record: Record) -> dict[str, set[str]]:
    """Return the words of each line outside headline and body that no field has, by the line's rule."""
    values: list[str] | None = None
    stated: set[str] = set()
    found: dict[str, set[str]] = {}
    for line in record.info:
        rule = split_rule(line.rule)
        if rule is None:
            continue
        if values is None:
            stated = {*_values(record)}
            values = sorted({*stated, *_raw(record)}, key=len, reverse=True)
        text = squeeze(line.text)
        for value in values:
            if value != text or value in stated:
                text = text.replace(value, " ")
        words = found.setdefault(rule[0], set())
        text = _BRACKETS.sub(" ", text)
        words.update(word for word in _WORD.findall(text) if not occurs(_USUAL, word))
    return found


def _values(record: Record) -> Iterator[str]:
    read: list[str | None] = [author.name for author in record.authors]
    read += [crumb.name for crumb in record.breadcrumbs]
    source, account = record.source, record.account
    read += [source.name] if source is not None else []
    read += [account.name, account.description] if account is not None else []
    read += [record.title, record.headline, record.original_headline, record.abstract, record.location]
    for text in (*read, record.article_section, record.date_published_raw, *record.editors, *record.keywords):
        value = squeeze(text or "")
        if len(value) >= _SHORTEST:
            yield value


def _raw(record: Record) -> Iterator[str]:
    """Yield what rules read, unless a date stands in it: some read a whole line."""
    for given in record.provenance.values():
        value = squeeze(given.raw or "")
        if len(value) >= _SHORTEST and _DATE.search(value) is None:
            yield value


def constants(pages: Sequence[Iterable[str]]) -> tuple[str, ...] | None:
    """Return the words that are left over on the `pages` with a line, None if the line has text or names of its own."""
    counts = Counter(word for words in pages for word in {*words})
    if any(count == 1 and PERSON.fullmatch(word) for word, count in counts.items()):
        return None
    if any(len(word) > (_LONGEST_LABEL if count == 1 else _LONGEST) for word, count in counts.items()):
        return None
    return tuple(sorted(counts))


def strange_words(record: Record, known: Mapping[str, Sequence[str] | None]) -> dict[str, str]:
    """Return what is left over on a page and on no known one, by the lines' rules; `known` are their constants."""
    found: dict[str, str] = {}
    for rule, words in left_over(record).items():
        constant = known.get(rule)
        if not words or constant is None:
            continue
        new = [word for word in words if not any(_is_like(word, other) for other in constant)]
        if new:
            found[f"{rule} {WORDS}"] = f"other words in its line ({max(new, key=len)})"
    return found


def loose_prose(record: Record) -> dict[str, str]:
    """Return what stands beside a body: unclaimed prose, at least half as long as the body."""
    texts = [one.text for one in record.chrome if one.role is Role.UNKNOWN and one.text and "。" in one.text]
    found = sum(map(len, texts))
    enough = found >= _PROSE and 2 * found >= len(record.article_body)
    return {f"{BODY} beside": f"{found} characters of unclaimed prose"} if enough else {}


def _is_like(word: str, constant: str) -> bool:
    return word in constant or constant in word or word[-_SHARED:] == constant[-_SHARED:]

"""The article's text in a script of the page: a page that shows only its beginning often embeds all of it.

Only the string that has the end of the body counts, so that the next value of the data is not taken for more of it, and
only sentences that the page does not show anywhere: scripts also embed the promotions and credits that the page shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from ..page.text import squeeze
from ..records.model import Record
from .incomplete import is_prose
from .promos import is_inserted

_END: Final = 12
"""Characters by which the end of the body is found in a script."""
_BEFORE: Final = 8
"""Characters before them that must be the body's as well."""
_MOST_PLACES: Final = 8
_MOST: Final = 1_000
"""Maximum characters of a script that are read before and after the end of the body."""
_LONGEST_STATEMENT: Final = 200
_SHOWN: Final = 10
"""Characters by which a text is found on the page."""
_CREDITS = re.compile(
    r"[^。！？!?:：]{0,8}(?:编辑|责编|来源|作者|记者|校对|审核|监制|摄影|声明|版权|标题|注明)[^。！？!?:：]{0,4}[:：]"
)
_STRING_END = re.compile(r"(?<!\\)(?:\\\\)*+(?:[\"'`]|&quot;)|</script")
_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_WHITE: Final = {"n": "\n", "r": "\n", "t": "\t"}


def scripted_rest(source: str, record: Record) -> str | None:
    """Return what a script in a page's `source` has after the end of the body of its `record`, None for nothing."""
    last = next((block.text for block in reversed(record.blocks) if block.text), "")
    end = last[-_END:]
    if len(last) < _END + _BEFORE or not end.isprintable():
        return None
    body = squeeze(record.article_body)
    shown: str | None = None
    for start, stop in _places(source, end):
        before = squeeze(_plain(source[max(start - _MOST, 0) : start]))
        rest = squeeze(_plain(_of_string(source, stop)))
        if before[-_BEFORE:] not in body or not is_prose(rest) or _is_beside(rest):
            continue
        if shown is None:
            texts = [block.caption for block in record.blocks] + [line.text for line in record.info]
            texts += [entry.text for entry in record.chrome]
            shown = body + "\n".join(squeeze(text) for text in texts if text)
        if rest[:_SHOWN] not in shown:
            return rest
    return None


def _is_beside(text: str) -> bool:
    """Return whether a text is credits or the portal's."""
    return _CREDITS.match(text) is not None or is_inserted(text[:_LONGEST_STATEMENT])


def _places(source: str, end: str) -> Iterator[tuple[int, int]]:
    """Yield where a script has a text, as it is or with its characters escaped."""
    escaped = json.dumps(end)[1:-1]
    for text in (end, escaped) if "\\u" in escaped else (end,):
        at = source.find(text)
        for _ in range(_MOST_PLACES):
            if at < 0:
                break
            if source.rfind("<script", 0, at) > source.rfind("</script", 0, at):
                yield at, at + len(text)
            at = source.find(text, at + len(text))


def _of_string(source: str, start: int) -> str:
    """Return the rest of the string that a position in a script is inside of."""
    text = source[start : start + _MOST]
    end = _STRING_END.search(text)
    return text[: end.start()] if end is not None else text


def _plain(text: str) -> str:
    """Return the text of a script's string with HTML in it; an entity or element that is cut stays.

    Escaped halves of a character are joined; one alone, which no record can have, becomes U+FFFD.
    """
    plain = _TAG.sub("", unescape(_TAG.sub("", _ESCAPE.sub(_unescaped, text))))
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _WHITE.get(found[3], found[3])

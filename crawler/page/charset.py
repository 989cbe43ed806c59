"""Decodes bytes to text, with evidence for the chosen charset.

Portals declare one charset and send another: the HTTP header, the `<meta>` and even the byte order mark may lie. So
declarations are only candidates here, and the bytes decide. Strict UTF-8 comes first: Chinese text in another
charset can be valid UTF-8 by accident only if it has very few characters, which is checked only if something else is
declared. Every other candidate is decoded and judged by its share of typical Chinese characters, because nearly any
bytes can be decoded as GB18030 without an error.

GBK and GB2312 are read as GB18030, Big5 as Big5-HKSCS and ISO-8859-1 as windows-1252, as the Encoding Standard has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple

import msgspec
from w3lib.encoding import read_bom, resolve_encoding, to_unicode

ChosenBy = Literal["bom", "header", "meta", "trial", "assumed"]

PRESCAN: Final = 4096
"""Bytes that are searched for a declaration; a later one counts only if the bytes are undecidable."""


class Evidence(msgspec.Struct, frozen=True):
    """The charset that a body was decoded with, and why.

    `name` is the charset's registered name in lower case (the Encoding Standard's superset where it defines one).
    `chosen_by` is the strongest witness that names this charset: the byte order mark, the HTTP header, the page's own
    declaration, a trial of the bytes, or nothing at all (`assumed`: the body is ASCII and declares nothing, or no
    charset fits). `bom`, `header` and `meta` are what each declared, in lower case, or None. `replaced` counts the
    U+FFFD that decoding inserted, not those that the page itself contains. `plausibility` (0 to 1) is how much the text
    resembles text in a language of the charset.
    """

    name: str
    chosen_by: ChosenBy
    bom: str | None = None
    header: str | None = None
    meta: str | None = None
    replaced: int = 0
    plausibility: float = 1.0

    @property
    def doubtful(self) -> bool:
        """Whether the text as a whole cannot be trusted (quarantine); `replaced` alone only leads to a flag."""
        return self.plausibility < _TRUSTED

    @property
    def as_received(self) -> bool:
        """Whether the body is exactly the UTF-8 encoding of the text."""
        return self.name == "utf-8" and self.bom is None and self.replaced == 0


class _Trial(NamedTuple):
    codec: str
    text: str
    replaced: int
    fit: float
    """0 to 1, for comparing candidates: the share of non-ASCII characters typical of the charset's language."""
    high: int
    """Number of non-ASCII characters that `fit` is based on."""


_TRUSTED: Final = 0.5
_SURE: Final = 0.9
_SAMPLE: Final = 4000
_FEW: Final = 30
"""Minimum characters for their frequency to be meaningful."""

_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_META = re.compile(
    rb"<!--.*?(?:-->|\Z)"
    rb"|<meta(?=[\s/])[^>]*?[\s\"';/]charset\s*=\s*[\"']?\s*([\w.:-]+)"
    rb"|<\?xml(?=\s)[^>]*?\sencoding\s*=\s*[\"']\s*([\w.:-]+)",
    re.DOTALL,
)
_ASCII: Final = bytes(range(128))
_EAST_ASIAN = re.compile(r"[\u2e80-\uffef]")
_OTHER_SCRIPT = re.compile(r"[\u0100-\u07ff]")
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_SPACE: Final = b" \t\r\n\f\x0b"
_BLANKS: Final = (b" ", b"\t", b"\r", b"\n", b"\f", b"\x0b")
_OWN_REPLACEMENT: Final = {"utf-8": b"\xef\xbf\xbd", "gb18030": b"\x841\xa47"}
"""U+FFFD as a page itself may contain it."""

_NAMES: Final = {
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "utf-32-le": "utf-32le",
    "utf-32-be": "utf-32be",
    "mac-roman": "macintosh",
}
_CHINESE: Final = frozenset({"utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"})
_NOT_ASCII: Final = ("utf-16", "utf-32", "utf-7", "hz", "iso2022")
"""Charsets in which ASCII bytes are not ASCII text: never believed if the bytes are ASCII."""

# The most frequent characters of any Chinese text (general frequency lists, simplified and traditional), and its
# punctuation. Real text has 40 to 70 % of them; text read in the wrong charset 0 to 9 %.
_FREQUENT: Final = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家"
    "种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民"
    "第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西月话合"
    "回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活更别打女变四总何电"
    "数安少报才结反受目太量再感建务做接必场件计管期市直资命山金指统区保至队形社便空决治展马科司五基书非则听界达光放强即"
    "难且权思完设式色路记南品住告类求据程北边该交规万取望术领共确传师观清今切院让识带导争运网站视频图片首页评论登录注册"
    "這個們來為國說時會對於著過發後裡種經麼學現當沒動還進樣開從實軍無與長機關點業將兩間問並應戰頭體見產話內給門東聲員"
    "論處義幾認條係氣題別變總電數報結務場計資統區隊決馬書聽達強難權設記類據規萬術領確傳師觀讓識帶導爭運網視頻圖頁評錄"
    "，。、：；？！“”‘’（）《》—…·「」『』　【】"
)
_COMMON: Final = _FREQUENT.union(
    # The first level of GB 2312 and of Big5: hanzi in daily use, by the standards' own choice.
    bytes(b for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF) for b in (row, cell)).decode("gb2312", "ignore"),
    bytes(
        b for row in range(0xA4, 0xC7) for cell in (*range(0x40, 0x7F), *range(0xA1, 0xFF)) for b in (row, cell)
    ).decode("big5", "ignore"),
)


def decode(body: bytes, content_type: str | None) -> tuple[str, Evidence]:
    """Return the text of `body` without its byte order mark, and the evidence for its charset.

    `content_type` is the value of the HTTP header, None where there was none. Never raises: bytes that fit no charset
    come out with U+FFFD in them and evidence that is `doubtful`.
    """
    header = _header_label(content_type)
    meta = _meta_label(body[:PRESCAN])
    bom, body = _cut_bom(body)
    if bom in (None, "utf-8"):
        try:
            text = body.decode()
        except UnicodeDecodeError:
            pass
        else:
            found = _of_valid_utf8(body, text, bom, header, meta)
            if found is not None:
                return found
    return _by_trial(body, bom, header, meta)


def _of_valid_utf8(
    body: bytes, text: str, bom: str | None, header: str | None, meta: str | None
) -> tuple[str, Evidence] | None:
    """Return `text` as the result, unless the bytes may be in another charset although they are valid UTF-8."""
    if _utf16_by_zeros(body) is not None:
        return None
    codec = "utf-8"
    for label in (header, meta) if bom is None else ():
        declared = _codec(label)
        if declared is None or declared.startswith(_NOT_ASCII):
            continue
        if text.isascii():
            codec = declared
            break
        if declared in _CHINESE and declared != "utf-8" and not _EAST_ASIAN.search(text) and _OTHER_SCRIPT.search(text):
            # A few characters of GBK or Big5 can be two-byte UTF-8 by accident: unexpected Greek or Cyrillic.
            # A lone © or é is not such a sign.
            other = _attempt(body, declared)
            if other.replaced == 0 and other.fit > _TRUSTED:
                return other.text, _evidence(other, bom, header, meta)
    chosen = _chosen_by(codec, bom, header, meta, on_trial=not text.isascii())
    return text, Evidence(_name(codec), chosen, bom, header, meta)


def _by_trial(body: bytes, bom: str | None, header: str | None, meta: str | None) -> tuple[str, Evidence]:
    best: _Trial | None = None
    foreign: _Trial | None = None
    for codec in _candidates(body, bom, header, meta):
        trial = _attempt(body, codec)
        if codec in _CHINESE:
            if best is None or trial.fit > best.fit:
                best = trial
            if trial.fit >= _SURE:
                break
        elif foreign is None or trial.fit > foreign.fit:
            foreign = trial
    assert best is not None, "the three Chinese charsets are always tried"
    if best.fit < _TRUSTED and meta is None and (late := _meta_label(body[PRESCAN:])) is not None:
        return _by_trial(body, bom, header, late)
    if foreign is not None and best.fit < _TRUSTED and foreign.fit >= best.fit:
        # Only a declared charset gets here, and only if the bytes are not Chinese text in any charset.
        best = foreign
    return best.text, _evidence(best, bom, header, meta)


def _candidates(body: bytes, bom: str | None, header: str | None, meta: str | None) -> Iterator[str]:
    """Yield each codec worth a trial once, declared ones first, so that they win a tie."""
    seen = set()
    zeros = _utf16_by_zeros(body)
    for codec in (bom, zeros, _codec(header), _codec(meta), "utf-8", "gb18030", "big5hkscs"):
        if codec is None or codec in seen or (codec.startswith(_NOT_ASCII) and codec not in (bom, zeros)):
            continue
        seen.add(codec)
        yield codec


def _attempt(body: bytes, codec: str) -> _Trial:
    """Decode `body` and measure how plausible the result is."""
    text = to_unicode(body, codec)
    replaced = 0
    if "\ufffd" in text:
        own = _OWN_REPLACEMENT.get(codec)
        replaced = max(0, text.count("\ufffd") - (body.count(own) if own else 0))
    # The first part of a page is a sufficient sample; the total matters only if there are errors.
    sample = _without_ascii(text[: PRESCAN * 8])
    if replaced or len(sample) < _SAMPLE:
        sample = _without_ascii(text)
    high = len(sample)
    if high == 0:
        return _Trial(codec, text, replaced, 1.0, 0)
    intact = 1 - min(1.0, replaced / high)
    if codec == "utf-8":
        # Multi-byte UTF-8 is never accidental: the share of valid sequences says more than any statistics.
        return _Trial(codec, text, replaced, intact, high)
    measure = _chinese_fit if codec in _CHINESE else _single_byte_fit if len(text) == len(body) else _foreign_fit
    return _Trial(codec, text, replaced, measure(sample[:_SAMPLE]) * intact, high)


def _without_ascii(text: str) -> str:
    """Return the characters of `text` outside ASCII, by way of its bytes: in a third of a regular expression's time."""
    return text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")


def _chinese_fit(sample: str) -> float:
    if len(sample) < _FEW:
        return sum(map(_COMMON.__contains__, sample)) / len(sample)
    return min(1.0, sum(map(_FREQUENT.__contains__, sample)) / len(sample) / 0.28)


def _foreign_fit(sample: str) -> float:
    """Japanese and Korean: kana or hangul are at least a third of any text."""
    native = sum("\u3040" <= c <= "\u30ff" or "\uac00" <= c <= "\ud7a3" for c in sample)
    return min(1.0, native / len(sample) / 0.3)


def _single_byte_fit(sample: str) -> float:
    """Alphabets: small letters, letters without case, typographic signs; mojibake is half capitals and symbols."""
    good = sum(c.islower() or "\u0590" <= c <= "\u0e7f" or c in "‘’“”–—…•·©®°£€«»\xa0" for c in sample)
    return min(1.0, max(0.0, good / len(sample) - 0.6) / 0.3)


def _evidence(trial: _Trial, bom: str | None, header: str | None, meta: str | None) -> Evidence:
    chosen = _chosen_by(trial.codec, bom, header, meta, on_trial=trial.fit >= _TRUSTED)
    # One or two invalid characters are a truncation or a typo; from about 1 % on the text cannot be trusted.
    broken = max(0, trial.replaced - 2) / trial.high if trial.high else 0.0
    plausibility = round(trial.fit * max(0.0, 1 - 50 * broken), 3)
    return Evidence(_name(trial.codec), chosen, bom, header, meta, trial.replaced, plausibility)


def _chosen_by(codec: str, bom: str | None, header: str | None, meta: str | None, *, on_trial: bool) -> ChosenBy:
    if bom == codec:
        return "bom"
    if _codec(header) == codec:
        return "header"
    if _codec(meta) == codec:
        return "meta"
    return "trial" if on_trial else "assumed"


def _cut_bom(body: bytes) -> tuple[str | None, bytes]:
    """Return the codec of a byte order mark, and the body after it; white space may precede it."""
    if body[:1] == b"<":
        return None, body
    for rest in (body, body.lstrip(_SPACE)) if body[:1] in _BLANKS else (body,):
        codec, mark = read_bom(rest)
        if codec is not None and mark is not None:
            text = rest[len(mark) :]
            while codec == "utf-8" and text.startswith(_UTF8_BOM):
                text = text[len(_UTF8_BOM) :]
            return codec, text
    return None, body


def _utf16_by_zeros(body: bytes) -> str | None:
    """Return the UTF-16 codec indicated by the zero bytes of ASCII markup, or None."""
    head = body[: PRESCAN * 2]
    if b"\0" not in head:
        return None
    pairs = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < pairs / 10 or min(even, odd) > max(even, odd) / 8:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _header_label(content_type: str | None) -> str | None:
    match = _HEADER.search(content_type) if content_type else None
    return match[1].lower() if match else None


def _meta_label(head: bytes) -> str | None:
    """Return the first charset in a `<meta>` or XML declaration in `head`, in lower case."""
    head = head.lower()
    if b"charset" not in head and b"<?xml" not in head:
        return None
    for match in _META.finditer(head):
        label = match[1] or match[2]
        if label:
            return label.decode("latin-1")
    return None


@lru_cache(maxsize=256)
def _codec(label: str | None) -> str | None:
    """Return Python's name of the codec for a declared label; None without a label or for an unknown one."""
    if label is None:
        return None
    return resolve_encoding(label) or resolve_encoding(label.removeprefix("x-"))


def _name(codec: str) -> str:
    """Return the registered name of a codec."""
    if codec in _NAMES:
        return _NAMES[codec]
    if codec.startswith("cp125"):
        return "windows-" + codec[2:]
    return codec.replace("iso8859", "iso-8859").replace("_", "-")

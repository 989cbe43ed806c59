"""The charset is detected from the bytes, whatever is declared; the declarations are in the evidence."""

from __future__ import annotations

import codecs
import random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.page.charset import Evidence, decode

SIMPLIFIED = (
    "河边的小镇在春天里办了一场风筝节，来自各地的人们把自己做的风筝放上天空。有人说，这是他们第一次看到这么多的孩子在一起，"
    "大家都很高兴。老师告诉记者：“我们用了三个月的时间来准备，现在终于可以开始了。”"
)
TRADITIONAL = (
    "河邊的小鎮在春天裡辦了一場風箏節，來自各地的人們把自己做的風箏放上天空。有人說，這是他們第一次看到這麼多的孩子在一起，"
    "大家都很高興。老師告訴記者：「我們用了三個月的時間來準備，現在終於可以開始了。」"
)
JAPANESE = "川のほとりの町では、春になると凧あげの祭りがひらかれます。子どもたちは自分で作った凧を空に上げました。"
KOREAN = "강가의 작은 마을에서는 봄마다 연날리기 잔치가 열립니다. 아이들은 손수 만든 연을 하늘에 띄웠습니다."
FRENCH = (
    "Le village près de la rivière fête l’été : les élèves ont préparé des cerfs-volants, très légers, où l’on écrit."
)
RUSSIAN = "В деревне у реки весной запускали воздушных змеев, и дети были очень рады."


def page(text: str, charset: str, *, meta: str | None = None, before: bytes = b"", late: bool = False) -> bytes:
    """Return a page with `text` in `charset`, declaring `meta`; `late` puts the declaration beyond the first 4 kB."""
    declared = f'<meta charset="{meta}">' if meta else ""
    padding = f"<!-- {'.' * 5000} -->" if late else ""
    html = f"<!DOCTYPE html><html><head>{padding}{declared}<title>{text[:12]}</title></head><body><p>{text}</p></body></html>"
    return before + html.encode(charset)


class Case(NamedTuple):
    """A body, the Content-Type it came with, what it must be read as, and by which witness."""

    id: str
    text: str
    body: bytes
    content_type: str | None
    name: str
    chosen_by: str


def html_type(charset: str | None) -> str:
    """Return a Content-Type header with this charset."""
    return f"text/html; charset={charset}" if charset else "text/html"


def conflicts() -> list[Case]:
    """Return header, meta and byte order mark against each other over bodies in four charsets."""
    found = []
    for codec, name, text, mark in (
        ("utf-8", "utf-8", SIMPLIFIED, b"\xef\xbb\xbf"),
        ("gb18030", "gb18030", SIMPLIFIED, b""),
        ("big5hkscs", "big5hkscs", TRADITIONAL, b""),
        ("utf-16-le", "utf-16le", SIMPLIFIED, b"\xff\xfe"),
    ):
        label = {"gb18030": "gb2312", "big5hkscs": "big5"}.get(codec, codec)
        lie = "gbk" if codec in ("utf-8", "utf-16-le") else "utf-8"
        other = "big5" if codec != "big5hkscs" else "gb2312"
        bom = mark if codec == "utf-16-le" else b""
        by_header = "bom" if bom else "header"
        by_meta = "bom" if bom else "meta"
        by_trial = "bom" if bom else "trial"
        found += [
            Case(
                f"{name}: both true", text, page(text, codec, meta=label, before=bom), html_type(label), name, by_header
            ),
            Case(
                f"{name}: header lies", text, page(text, codec, meta=label, before=bom), html_type(lie), name, by_meta
            ),
            Case(
                f"{name}: meta lies", text, page(text, codec, meta=lie, before=bom), html_type(label), name, by_header
            ),
            Case(f"{name}: both lie", text, page(text, codec, meta=other, before=bom), html_type(lie), name, by_trial),
            Case(f"{name}: nothing said", text, page(text, codec, before=bom), None, name, by_trial),
            Case(
                f"{name}: UTF-8 BOM",
                text,
                page(text, codec, meta=label, before=b"\xef\xbb\xbf"),
                None,
                name,
                "bom" if codec == "utf-8" else "trial" if codec == "utf-16-le" else "meta",
            ),
        ]
    return found


def others() -> list[Case]:
    """Return the cases of damage, of odd places and of other languages."""
    gbk = page(SIMPLIFIED, "gbk")
    late = page(SIMPLIFIED, "gbk", meta="gbk", late=True)
    pragma = page(SIMPLIFIED, "gbk").replace(
        b"<head>", b'<head><META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=GB2312">'
    )
    commented = page(SIMPLIFIED, "gbk").replace(b"<head>", b'<head><!-- <meta charset="utf-8"> --><meta charset=gbk>')
    xhtml = b'<?xml version="1.0" encoding="GB2312"?>' + page(SIMPLIFIED, "gbk")
    bom16 = codecs.BOM_UTF16_BE
    return [
        Case(
            "BOM after white space",
            SIMPLIFIED,
            page(SIMPLIFIED, "utf-8", before=b"\r\n \xef\xbb\xbf"),
            html_type("gbk"),
            "utf-8",
            "bom",
        ),
        Case("two BOMs", SIMPLIFIED, page(SIMPLIFIED, "utf-8", before=b"\xef\xbb\xbf" * 2), None, "utf-8", "bom"),
        Case(
            "UTF-16BE by its BOM",
            SIMPLIFIED,
            page(SIMPLIFIED, "utf-16-be", before=bom16),
            html_type("utf-8"),
            "utf-16be",
            "bom",
        ),
        Case("UTF-16BE without a BOM", SIMPLIFIED, page(SIMPLIFIED, "utf-16-be"), None, "utf-16be", "trial"),
        Case(
            "UTF-16LE named by the header",
            SIMPLIFIED,
            page(SIMPLIFIED, "utf-16-le"),
            html_type("utf-16"),
            "utf-16le",
            "trial",
        ),
        Case(
            "UTF-16 declared over UTF-8", SIMPLIFIED, page(SIMPLIFIED, "utf-8", meta="utf-16"), None, "utf-8", "trial"
        ),
        Case("meta after 4 kB", SIMPLIFIED, late, html_type("utf-8"), "gb18030", "trial"),
        Case("http-equiv in capitals", SIMPLIFIED, pragma, None, "gb18030", "meta"),
        Case("declaration in a comment", SIMPLIFIED, commented, None, "gb18030", "meta"),
        Case("XML declaration", SIMPLIFIED, xhtml, None, "gb18030", "meta"),
        Case("unknown label", SIMPLIFIED, gbk, html_type("x-no-such-thing"), "gb18030", "trial"),
        Case("label x-gbk", SIMPLIFIED, gbk, html_type("x-gbk"), "gb18030", "header"),
        Case("Latin-1 by a server's default", SIMPLIFIED, gbk, html_type("ISO-8859-1"), "gb18030", "trial"),
        Case("Latin-1 over UTF-8", SIMPLIFIED, page(SIMPLIFIED, "utf-8"), html_type("ISO-8859-1"), "utf-8", "trial"),
        Case(
            "Shift_JIS declared", JAPANESE, page(JAPANESE, "shift_jis"), html_type("Shift_JIS"), "shift_jis", "header"
        ),
        Case(
            "Shift_JIS by meta",
            JAPANESE,
            page(JAPANESE, "shift_jis", meta="shift_jis"),
            html_type("utf-8"),
            "shift_jis",
            "meta",
        ),
        Case(
            "Shift_JIS by a late meta",
            JAPANESE,
            page(JAPANESE, "shift_jis", meta="shift_jis", late=True),
            None,
            "shift_jis",
            "meta",
        ),
        Case("EUC-KR declared", KOREAN, page(KOREAN, "euc_kr"), html_type("euc-kr"), "euc-kr", "header"),
        Case("EUC-KR by meta", KOREAN, page(KOREAN, "euc_kr", meta="ks_c_5601-1987"), None, "euc-kr", "meta"),
        Case(
            "windows-1252 declared", FRENCH, page(FRENCH, "cp1252"), html_type("windows-1252"), "windows-1252", "header"
        ),
        Case(
            "windows-1251 by meta", RUSSIAN, page(RUSSIAN, "cp1251", meta="windows-1251"), None, "windows-1251", "meta"
        ),
        Case("Japanese in UTF-8", JAPANESE, page(JAPANESE, "utf-8"), html_type("gbk"), "utf-8", "trial"),
        Case("a lone é under GBK", "café", page("café", "utf-8", meta="gbk"), None, "utf-8", "trial"),
        Case("ASCII, nothing said", "plain", page("plain", "ascii"), None, "utf-8", "assumed"),
        Case("ASCII, GBK said", "plain", page("plain", "ascii"), html_type("GBK"), "gb18030", "header"),
        Case("a few hanzi of GBK", "春天到了", page("春天到了", "gbk"), None, "gb18030", "trial"),
        Case("two hanzi valid as UTF-8", "恋模", "<p>恋模</p>".encode("gbk"), html_type("gbk"), "gb18030", "header"),
    ]


CASES = conflicts() + others()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_charsets_are_distinguished(case: Case) -> None:
    """The body is read in its real charset, without a character replaced, and the evidence names the witness."""
    text, evidence = decode(case.body, case.content_type)
    assert (case.name, case.chosen_by) == (evidence.name, evidence.chosen_by)
    assert case.text in text
    assert not text.startswith("\ufeff")
    assert (0, False) == (evidence.replaced, evidence.doubtful)


def test_enough_cases() -> None:
    """The table covers what the reliability facts ask for: forty cases at least, no two alike."""
    assert len(CASES) >= 40
    assert len(CASES) == len({case.id for case in CASES})


def test_a_character_cut_in_two() -> None:
    """A GBK body that ends inside a character loses that character only, and says so."""
    cut = b"<html><body><p>" + SIMPLIFIED.encode("gbk")[:-1]
    text, evidence = decode(cut, "text/html; charset=gbk")
    assert ("gb18030", 1, False) == (evidence.name, evidence.replaced, evidence.doubtful)
    assert text.endswith(SIMPLIFIED[:-1] + "\ufffd")


def test_utf8_with_broken_bytes_stays_utf8() -> None:
    """A few bytes lost in a UTF-8 body do not turn it into GB18030, whatever else is declared."""
    body = page(SIMPLIFIED * 5, "utf-8", meta="gbk").replace("风".encode(), b"\xe9\xa3", 2)
    text, evidence = decode(body, "text/html; charset=gbk")
    assert ("utf-8", 2, False) == (evidence.name, evidence.replaced, evidence.doubtful)
    assert "老师告诉记者" in text


def test_own_replacement_characters_are_not_counted() -> None:
    """U+FFFD that the page itself holds is text; only what decoding put in is counted."""
    body = page(SIMPLIFIED * 5 + "\ufffd\ufffd", "utf-8")
    assert decode(body, None)[1].replaced == 0
    assert decode(body.replace("风".encode(), b"\xe9\xa3", 1), None)[1].replaced == 1


def test_much_damage_is_doubtful() -> None:
    """From about one character in a hundred on, the text as a whole is not to be trusted."""
    body = page(SIMPLIFIED * 5, "utf-8").replace("的".encode(), b"\xe7\x9a")
    text, evidence = decode(body, "text/html; charset=utf-8")
    assert ("utf-8", True) == (evidence.name, evidence.doubtful)
    assert evidence.replaced == text.count("\ufffd") > 10


@pytest.mark.parametrize("size", [60, 5_000, 300_000])
def test_bytes_in_no_charset(size: int) -> None:
    """High bytes at random fit nothing: the evidence is doubtful, however much was declared."""
    source = random.Random(size)
    noise = bytes(source.randrange(128, 256) for _ in range(size))
    for declared in (None, "text/html; charset=gbk", "text/html; charset=utf-8", "text/html; charset=iso-8859-1"):
        assert decode(b"<html><p>" + noise + b"</p></html>", declared)[1].doubtful


def test_surrogates_in_utf8() -> None:
    """A lone surrogate is not UTF-8: it is replaced, the surrounding text kept."""
    text, evidence = decode(page(SIMPLIFIED, "utf-8").replace(b"</p>", b"\xed\xa0\xbd</p>"), None)
    assert "utf-8" == evidence.name
    assert SIMPLIFIED in text
    assert evidence.replaced == 3
    assert text.encode()


def test_declarations_are_kept_as_made() -> None:
    """What header, meta and byte order mark declared stands in the evidence, in lower case."""
    body = page(SIMPLIFIED, "utf-8", meta="GB2312", before=b"\xef\xbb\xbf")
    assert decode(body, 'text/html; Charset="GBK"')[1] == Evidence("utf-8", "bom", "utf-8", "gbk", "gb2312")
    assert decode(b"", None) == ("", Evidence("utf-8", "assumed"))


CHINESE = st.lists(st.sampled_from(SIMPLIFIED.split("，")), min_size=2, max_size=12).map("，".join)
CLASSICAL = st.lists(st.sampled_from(TRADITIONAL.split("，")), min_size=2, max_size=12).map("，".join)
LABELS = st.sampled_from([None, "utf-8", "gbk", "gb2312", "big5", "iso-8859-1", "shift_jis", "nonsense"])


@given(
    st.one_of(st.tuples(CHINESE, st.sampled_from(["utf-8", "gb18030"])), st.tuples(CLASSICAL, st.just("big5hkscs"))),
    LABELS,
    LABELS,
)
def test_what_was_encoded_is_decoded(written: tuple[str, str], header: str | None, meta: str | None) -> None:
    """Chinese text comes back as it was, under whatever declarations."""
    text, codec = written
    decoded, evidence = decode(page(text, codec, meta=meta), html_type(header) if header else None)
    assert text in decoded
    assert (codec, 0, False) == (evidence.name, evidence.replaced, evidence.doubtful)


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=40)))
def test_never_raises(body: bytes, content_type: str | None) -> None:
    """Any bytes give some text that can be written as UTF-8."""
    text, evidence = decode(body, content_type)
    assert text == text.encode().decode()
    assert evidence.name

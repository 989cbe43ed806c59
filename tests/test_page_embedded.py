"""Data in scripts is read as it stands, strict or not, and what cannot be read is an error that names the place."""

from __future__ import annotations

import json
import random
import time

import msgspec
import pytest

from crawler.page.dom import Page
from crawler.page.embedded import is_one_value, json_text, jsonp, query, variable
from crawler.profiles.model import Data
from crawler.profiles.pagedata import data_of


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('var pageData = {"a": 1};', {"a": 1}),
        ('window.pageData={"a":1}', {"a": 1}),
        ("window['pageData'] = [1, 2, ];", [1, 2]),
        ('self.pageData\n=\n{"a": 1}', {"a": 1}),
        ('{"pageData": {"a": 1}}', {"a": 1}),
        ("load({ pageData: {'a': 1} })", {"a": 1}),
        ('pageData: {"a": 1}, b; pageData = {"a": 2}', {"a": 2}),
        ('other.pageData = {"a": 1}; pageData = {"a": 2}', {"a": 2}),
        ('myPageData = 1; pageDataOld = 2; pageData == {}; pageData = {"a": 3}', {"a": 3}),
        ('pageData = other; pageData = {"a": 4}', {"a": 4}),
        ('pageData = {"text": "};</p>", b: \'it\\\'s };\'};', {"text": "};</p>", "b": "it's };"}),
        ('pageData = {"a":1}</script><script>pageData2 = {}', {"a": 1}),
        (
            "pageData = {a: undefined, b: !0, c: !1, d: void 0, e: NaN, f: 'undefined', g: null, h:true,}",
            {"a": None, "b": True, "c": False, "d": None, "e": None, "f": "undefined", "g": None, "h": True},
        ),
        ("pageData = {true_: 1, nullable: 2, 'k-1': [1,]}", {"true_": 1, "nullable": 2, "k-1": [1]}),
        (
            "pageData = {a: 1, // note\n b: /* not 3 */ 2, c: 'http://x//y', d: `e//f`}",
            {"a": 1, "b": 2, "c": "http://x//y", "d": "e//f"},
        ),
        (
            r"pageData = {a: '\x41\u98ce\'\n\\', b: 'one \
line'}",
            {"a": "A风'\n\\", "b": "one line"},
        ),
        ('pageData = {"a": "\x01\tx"}', {"a": "\x01\tx"}),
        ('pageData = "12";', "12"),
        ("var pageData = '2026-02-20 10:12'.trim();", "2026-02-20 10:12"),
        ("pageData = 12;", 12),
        (r'pageData = JSON.parse("{\"a\": \"b\\\"c\"}");', {"a": 'b"c'}),
        ("pageData = JSON.parse(decodeURIComponent('%7B%22a%22%3A%22%E9%A3%8E%22%7D'))", {"a": "风"}),
        ('pageData = {"a": 1e999, "b": -Infinity}', {"a": None, "b": None}),
        (r'pageData = {"half": "\ud83d", "whole": "\ud83d\ude00"}', {"half": "\ufffd", "whole": "😀"}),
        (r'pageData = {half: "\u{d83d}", padded: "\u{00DC00}"}', {"half": "\ufffd", "padded": "\ufffd"}),
    ],
)
def test_variable(source: str, value: object) -> None:
    """The first place that can be read gives the value; JavaScript's liberties are taken for what they mean."""
    assert value == variable(f"<script>{source}</script>", "pageData")
    assert value == variable(f"<script>{source}</script>", "window.pageData")


@pytest.mark.parametrize("source", ["", "nothing", "x.pageData = {}", "pageData == 1", "pageDatas = {}"])
def test_no_such_variable(source: str) -> None:
    """Where nothing is assigned to the name, the error says so."""
    with pytest.raises(LookupError, match="no assignment to pageData"):
        variable(source, "pageData")


@pytest.mark.parametrize(
    "source",
    [
        "pageData = other",
        "pageData = 1 + x",
        "pageData = 'a' + b",
        'pageData = {"a": ',
        "pageData = [1, , 2]",
        "pageData = function() {}",
    ],
)
def test_unreadable_variable(source: str) -> None:
    """If the assigned expression is not a value, the error names the variable and the character."""
    with pytest.raises(ValueError, match=r"pageData: .*character \d+"):
        variable(source, "pageData")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('callback({"a": 1})', {"a": 1}),
        ('callback([{"a": 1},]);', [{"a": 1}]),
        ('/**/callback({"a": "x\x02y"}); ', {"a": "x\x02y"}),
        ('\ufefflist.load( {"a": "it) is"} )', {"a": "it) is"}),
        ('callback && callback({"a": 1})', {"a": 1}),
        ("callback([])", []),
        ('{"a": 1}', {"a": 1}),
        ('[{"a": "b (c)"}]', [{"a": "b (c)"}]),
    ],
)
def test_jsonp(text: str, value: object) -> None:
    """The argument of the callback is the data; a feed that drops its callback is read as well."""
    assert value == jsonp(text)


@pytest.mark.parametrize(
    "text", ["", "  ", "callback()", 'callback({"a": 1}', "<html>no feed</html>", "callback({}, 2)"]
)
def test_no_jsonp(text: str) -> None:
    """An error page, an empty answer and a cut one are errors."""
    with pytest.raises(ValueError, match=r"character \d+|no data"):
        jsonp(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('\ufeff\n{"a": 1};\n', {"a": 1}),
        ('<!-- {"a": 1} -->', {"a": 1}),
        ('/* <![CDATA[ */ {"a": 1} /* ]]> */', {"a": 1}),
        ("{'a': 1,}", {"a": 1}),
        ("12", 12),
    ],
)
def test_json_text(text: str, value: object) -> None:
    """A script element's text is one value, in whatever wrapping."""
    assert value == json_text(text)


def test_json_text_percent_encoded() -> None:
    """Percent-encoded JSON is read where the caller says that it is."""
    assert {"a": "风"} == json_text("%7B%22a%22%3A%22%E9%A3%8E%22%7D", url_encoded=True)


@pytest.mark.parametrize("text", ["", "text", '{"a": 1} {"b": 2}', "[1, 2", "null of that"])
def test_no_json_text(text: str) -> None:
    """Anything but a single value is an error."""
    with pytest.raises(ValueError, match=r"character \d+|no data"):
        json_text(text)


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 100_000 + "]" * 100_000,
        "{a:[" * 50_000,
        "{/*" * 500_000,
        "{'" * 500_000,
        "pageData={" * 100_000,
        "x.pageData=" * 300_000,
        "pageData:" * 300_000,
        " " * 2_000_000,
        'JSON.parse("' * 200_000,
        "{a:" + '\\"' * 50_000,
        "{a:" + "\\`" * 50_000,
    ],
)
def test_bombs(bomb: str) -> None:
    """Nesting and repetition end in an ordinary error, and soon."""
    start = time.process_time()
    for read in (
        lambda: variable(f"pageData={bomb}", "pageData"),
        lambda: jsonp(f"f({bomb})"),
        lambda: json_text(bomb),
    ):
        with pytest.raises(ValueError, match=r"character \d+|no data"):
            read()
    assert time.process_time() - start < 2


def test_query() -> None:
    """A path gives what it finds; what is missing, or of another shape, is None; a bad path is an error."""
    data = {"doc": {"list": [{"type": "text", "data": "a"}, {"type": "video"}]}}
    assert ["a"] == query(data, "doc.list[?type=='text'].data")
    assert query(data, "doc.none[0].data") is None
    assert query(data, "length(doc.none)") is None
    assert query(None, "doc") is None
    with pytest.raises(ValueError, match="Invalid jmespath"):
        query(data, "doc[")
    with pytest.raises(ValueError, match="nested too deeply"):
        query(data, "(" * 20_000)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("doc[?size > `0`] | [0]", [{"size": 1}, {"size": "2"}]),
        ("contains('a', doc)", 1),
        ("avg(doc)", [10**400]),
    ],
)
def test_values_of_another_kind_are_nothing(path: str, values: object) -> None:
    """A page may have a string where its profile compares numbers, and numbers that no float can hold."""
    assert query({"doc": values}, path) is None


def literal(value: object, source: random.Random) -> str:
    """Return `value` as JavaScript writes it, in one of the many ways."""
    gap = source.choice(("", "", " ", "\n"))
    if isinstance(value, dict):
        keys = (source.choice((key, f"'{key}'", f'"{key}"')) for key in value)
        inner = f"{gap},".join(
            f"{gap}{key}{gap}:{gap}{literal(item, source)}" for key, item in zip(keys, value.values(), strict=True)
        )
        return "{" + inner + ("," if value and source.random() < 0.5 else "") + gap + "}"
    if isinstance(value, list):
        inner = f"{gap},".join(gap + literal(item, source) for item in value)
        return "[" + inner + ("," if value and source.random() < 0.5 else "") + gap + "]"
    if isinstance(value, str):
        if source.random() < 0.5:
            return json.dumps(value, ensure_ascii=source.random() < 0.5).replace("</", "<\\/")
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"'{escaped}'".replace("</", "<\\/")
    choices = {None: ("null", "undefined", "void 0"), True: ("true", "!0"), False: ("false", "!1")}
    return source.choice(choices[value]) if value is None or isinstance(value, bool) else json.dumps(value)


def anything(source: random.Random, depth: int = 0) -> object:
    """Return some data; containers at the top."""
    kind = source.randrange(9 if depth < 4 else 6) if depth else source.randrange(6, 9)
    if kind == 0:
        return source.choice((None, True, False))
    if kind == 1:
        return source.choice((0, -1, 5, 123456789012, -3.5, 1e10))
    if kind < 6:
        pieces = ("a", "'", '"', "\\", "};", "//", "/*", "风", "\n", " ", "null", "{", "[", ":", "</p>", "😀", "`", ",")
        return "".join(source.choices(pieces, k=source.randrange(5)))
    if kind < 8:
        return {
            source.choice(("a", "k1", "$x", "_y", "true_", "null1")): anything(source, depth + 1)
            for _ in range(source.randrange(4))
        }
    return [anything(source, depth + 1) for _ in range(source.randrange(4))]


def test_any_literal_comes_back() -> None:
    """Data written as a JavaScript literal, in whatever manner, is read as the same data."""
    for seed in range(1500):
        source = random.Random(seed)
        value = anything(source)
        written = literal(value, source)
        assert value == variable(f"<script>var q = 1; var pageData={written};</script>", "pageData"), written


def test_empty_choices_are_passed_over() -> None:
    """A choice is its first string that is not empty."""
    assert variable('var biz = "" || "" || "Mz==";', "biz") == "Mz=="
    assert variable('var biz = "Mz==" || "other";', "biz") == "Mz=="
    assert variable('var biz = "" || "";', "biz") == ""


def test_decoding_calls_are_read_as_their_strings() -> None:
    """A call of a decoding function is its string; `html…` decodes character references too."""
    assert variable(r"x = {name: JsDecode('\x3c&amp;')}; ", "name") == "<&amp;"
    assert variable('var name = htmlDecode("a &amp; b");', "name") == "a & b"
    assert variable(r"var x = {name: JsDecode('a\x0ab'), at: '17' * 1, list: [{u: JsDecode('v')}]};", "x") == {
        "name": "a\nb",
        "at": "17",
        "list": [{"u": "v"}],
    }


def test_a_pattern_chooses_among_the_places_of_a_name() -> None:
    """A minified script may use the name of a page's variable: the pattern finds the right place."""
    source = 'a=1,ct=0,ht=new G; var ct = "1762243169";'
    assert variable(source, "ct") == 0
    assert variable(source, "ct", r"^\d{10}$") == "1762243169"
    with pytest.raises(ValueError, match="unwanted"):
        variable("var ct = 5;", "ct", r"^\d{10}$")


def test_one_script_is_read_in_each_way_that_is_asked() -> None:
    """Percent-encoded or not: the first reading of a page's script is not that of the second."""
    page = Page('<script id="data">"%41"</script>', "https://www.demo.example/")
    assert ["%41", "A"] == [page.data(None, "#data", url_encoded=encoded) for encoded in (False, True)]


@pytest.mark.parametrize(
    ("source", "html"),
    [
        pytest.param("<p>风 &amp;amp; 水</p>", "<p>风 &amp; 水</p>", id="HTML as it is"),
        pytest.param("&lt;p&gt;风&lt;/p&gt;", "<p>风</p>", id="escaped, as in any textarea"),
        pytest.param("&amp;lt;p&amp;gt;风&amp;amp;lt;&amp;lt;/p&amp;gt;", "<p>风&lt;</p>", id="escaped once more"),
        pytest.param("a &amp;lt; b", "a &lt; b", id="a character of the text"),
        pytest.param(" \n", None, id="blank"),
    ],
)
def test_the_text_of_an_element_is_html(source: str, html: str | None) -> None:
    """A hidden textarea holds markup as text, which some pages escape twice."""
    page = Page(
        f'<textarea class="body">{source}</textarea><textarea class="body">2</textarea>', "https://www.demo.example/"
    )
    assert html == page.data(None, None, element="textarea.body")
    assert page.data(None, None, element="textarea.none") is None


@pytest.mark.parametrize(
    ("source", "one"),
    [
        ('var day = "2026";', True),
        ('window.day = "2026"; show({day: "2026", "day": ""}); day = day.trim();', True),
        ('show({day: "2026"});', False),
        ('var day = "2026"; show({"day": "2025"});', False),
        ('var day = "2026"; day = "2025";', False),
        ('var day = "2026"; show({day: {a: 1}});', False),
        ('var day = JSON.parse("[1]");', False),
        ('other.day = "2026";', False),
        ('var day = "2026";' * 17, False),
        ("", False),
    ],
)
def test_names_with_one_value(source: str, one: bool) -> None:
    """A name has one value if a script assigns it and no other assignment or property has another."""
    assert one == is_one_value(source, "day")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (Data(script="script[type=j]", every=True), [{"n": 1}, {"n": 2}, {"n": 3}]),
        (Data(element="#root", attr="data-page"), {"inner": '{"a": [1]}'}),
        (Data(element="#root", attr="data-page", path="inner"), {"a": [1]}),
        (Data(element="#root", attr="data-encoded", url_encoded=True), {"a": 1}),
        (Data(variable="state", path="props.html"), None),
        (Data(variable="state", path="props.inner"), [{"b": 2}]),
        (Data(variable="text", path="@"), {"c": 3}),
        (Data(element="#absent", attr="data-page"), None),
        (Data(element="#root", attr="id"), None),
        (Data(script="#absent", every=True), None),
    ],
)
def test_data_that_a_profile_names(place: Data, value: object) -> None:
    """All scripts of a selector, an attribute, and a string that is JSON again."""
    html = (
        """<script type=j>{"n": 1}</script><script type=j>not JSON</script><script type=j>[{"n": 2}, {"n": 3}]</script>"""
        """<div id="root" data-page='{"inner": "{\\"a\\": [1]}"}' data-encoded="%7B%22a%22%3A1%7D"></div>"""
        """<script>var state = {"props": {"html": "<p>", "inner": "[{\\"b\\": 2}]"}}, text = '{"c": 3}';</script>"""
    )
    assert value == data_of(Page(html, "https://a.example/"), place)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"attr": "data-page", "script": "script"}, "attr needs element"),
        ({"every": True, "variable": "state"}, "every needs script"),
        ({"path": "a", "element": "textarea"}, "path needs variable, script or attr"),
        ({"urlEncoded": True, "variable": "state"}, "urlEncoded needs script or attr"),
        ({"match": "a", "script": "script"}, "match needs variable"),
        ({"script": "script", "element": "textarea"}, "exactly one of variable, script, element is needed"),
    ],
)
def test_keys_that_do_not_belong_together(place: dict[str, object], message: str) -> None:
    """A place of data has the keys of one kind of place."""
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(place, Data)

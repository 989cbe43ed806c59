"""Which pages need a browser, and what it changed: decided from the page as it was sent, by what its profile says."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.errors import Failure, PageRefused, Quarantined
from crawler.extract import content_type, extract, profiles_in
from crawler.page import charset
from crawler.profiles.load import Profile
from crawler.profiles.model import Render
from crawler.records.model import Kind, Record, RenderedChanges, Role
from crawler.regression.fixture import PLACES, Fixture, fixtures
from crawler.sieve.rendering import Need, changes, need
from tests.conftest import corpus_index
from tests.small_site import LAYOUT, URL, small_site

BODY = "<p>渡口停航以后，仓库空了三年，去年秋天才有人把书架搬进来。</p>" * 6
WAITS = '[render]\nmode = "when-missing"\n'


def page(body: str = BODY, *, comments: str = "", more: str = "", script: str = "<script>load()</script>") -> bytes:
    """Return a page of the small site."""
    return (
        f"<!DOCTYPE html><html><head><meta charset=utf-8><title>渡口图书角</title>{script}</head><body><article>"
        f'<h1>渡口图书角</h1><p class="time">2026-02-20 10:00:00</p><div class="body">{body}</div></article>'
        f'<div class="comments">{comments}</div><div class="more">{more}</div></body></html>'
    ).encode()


SHELL = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>渡口</title></head>'
    '<body><div id="app"></div><script src="/app.js"></script></body></html>'
).encode()


def outcome(body: bytes, profile: Profile, url: str = URL, **more: Any) -> Record | PageRefused | Quarantined:
    """Return the page's record, or the error that it is refused with."""
    try:
        return extract(body, url, profiles=[profile], **more)
    except (PageRefused, Quarantined) as error:
        return error


def asked(profile: Profile, body: bytes, url: str = URL) -> Need | None:
    """Return whether a page needs a browser."""
    return need(body, url, None, profile, outcome(body, profile, url))


SHELLS = {
    "empty body": page(""),
    "loading": page("<p>正在加载…</p>"),
    "no body element": page().replace(b'class="body"', b'class="none"'),
    "dots": page("<p>...</p>"),
    "white space": page(" \n "),
}


@pytest.mark.parametrize("name", SHELLS)
def test_a_page_without_a_body_is_rendered_when_missing(tmp_path: Path, name: str) -> None:
    """Nothing in the body's place, or a mark of loading; the elements of the body are what is waited for."""
    found = asked(small_site(tmp_path, LAYOUT + WAITS), SHELLS[name])
    assert found is not None
    assert (((".body",), 40),) == found.awaits


@pytest.mark.parametrize("name", SHELLS)
def test_it_is_not_rendered_by_default(tmp_path: Path, name: str) -> None:
    """The profile has to say so."""
    assert asked(small_site(tmp_path), SHELLS[name]) is None


def test_a_page_with_its_article_is_not_rendered_when_missing(tmp_path: Path) -> None:
    """Whatever scripts it has."""
    assert asked(small_site(tmp_path, LAYOUT + WAITS), page()) is None


def test_a_frame_without_text_is_rendered_by_the_sites_table(tmp_path: Path) -> None:
    """No layout recognises it; a page of another kind is not one, and a page without scripts stays what it is."""
    profile = small_site(tmp_path)
    waiting = Profile(profile.folder, msgspec.structs.replace(profile.site, render=Render(mode="when-missing")),
                      profile.layouts, profile.version)  # fmt: skip
    found = asked(waiting, SHELL)
    assert found is not None
    assert "it is an application shell without text" == found.why
    assert asked(profile, SHELL) is None
    assert asked(waiting, SHELL.replace(b'<script src="/app.js"></script>', b"")) is None
    assert asked(waiting, SHELL.replace(b'<div id="app">', f"<div>{BODY}".encode())) is None


@pytest.mark.parametrize(
    "body",
    [page("<p>文章已被删除</p>"), page("<p>请完成安全验证后继续访问</p>"), b"", b"\x00\x01not html"],
    ids=["removed", "captcha", "nothing", "no html"],
)
def test_what_scripts_do_not_change_is_not_rendered(tmp_path: Path, body: bytes) -> None:
    """A page that was removed, a captcha, a response that is not a page, even with `always`."""
    assert asked(small_site(tmp_path, LAYOUT + '[render]\nmode = "always"\n'), body) is None


def test_single_roles_and_fields(tmp_path: Path) -> None:
    """Rendered where the role or the field is missing, or always, whatever the page's own mode."""
    layout = LAYOUT + '[render.roles]\ncomments = "when-missing"\n[render.fields]\neditors = "never"\n'
    profile = small_site(tmp_path / "a", layout)
    assert asked(profile, page(comments="<p>好</p>")) is None
    found = asked(profile, page())
    assert found is not None
    assert "the profile renders it for comments" == found.why
    field = asked(small_site(tmp_path / "b", LAYOUT + '[render.fields]\neditors = "when-missing"\n'), page())
    assert field is not None
    assert "the profile renders it for editors" == field.why
    assert (
        asked(small_site(tmp_path / "c", LAYOUT + '[render.roles]\ncomments = "always"\n'), page(comments="好"))
        is not None
    )


def test_always(tmp_path: Path) -> None:
    """Each page with an article, and each shell."""
    profile = small_site(tmp_path, LAYOUT + '[render]\nmode = "always"\n')
    assert asked(profile, page()) is not None
    assert asked(profile, page("")) is not None


def test_a_page_with_something_to_click_on(tmp_path: Path) -> None:
    """展开全文 says that the text goes on, so the body that is there is not the whole."""
    profile = small_site(tmp_path, LAYOUT + WAITS + 'click = [".unfold"]\n')
    assert asked(profile, page()) is None
    found = asked(profile, page(BODY + '<a class="unfold">展开全文</a>'))
    assert found is not None
    assert "it has .unfold, which must be clicked" == found.why


def test_a_layouts_table_replaces_the_sites_and_adds_its_hosts(tmp_path: Path) -> None:
    """So that a site's script hosts are named once."""
    profile = small_site(tmp_path, LAYOUT + WAITS + 'hosts = ["api.other.example"]\nscrolls = 2\n')
    site = msgspec.structs.replace(profile.site, render=Render(mode="always", hosts=("cdn.example.com",), idle=2.0))
    both = Profile(profile.folder, site, profile.layouts, profile.version)
    own = both.render("2026_article")
    assert ("when-missing", 2, 0.5, ("api.other.example", "cdn.example.com")) == (
        own.mode,
        own.scrolls,
        own.idle,
        own.hosts,
    )
    assert "always" == both.render(None).mode


def record(tmp_path: Path, **parts: str) -> Record:
    """Return the record of a page."""
    return extract(page(**parts), URL, profiles=[small_site(tmp_path)])


def test_changes_name_fields_and_roles(tmp_path: Path) -> None:
    """What stands elsewhere and says the same has not changed."""
    plain = record(tmp_path / "a", comments="好")
    assert RenderedChanges((), ()) == changes(plain, plain)
    moved = record(tmp_path / "b", comments="<span>好</span>")
    assert RenderedChanges((), ()) == changes(plain, moved)
    fuller = record(tmp_path / "c", body=BODY + "<p>还有一段。</p>", comments="好", more="<a>另一篇</a>")
    assert RenderedChanges(("articleBody",), (Role.RELATED,)) == changes(plain, fuller)
    without = record(tmp_path / "d")
    assert RenderedChanges((), (Role.COMMENTS,)) == changes(plain, without)


def test_changes_of_a_page_that_gave_no_record_are_all_that_it_has(tmp_path: Path) -> None:
    """Nothing is there to compare with."""
    found = changes(None, record(tmp_path, comments="好"))
    assert {"headline", "articleBody", "datePublished"} <= set(found.fields)
    assert (Role.COMMENTS,) == found.roles


@lru_cache(maxsize=1)
def waiting() -> dict[str, Profile]:
    """Return the shipped profiles, as if each of their pages might be rendered when missing."""
    return {
        name: Profile(
            profile.folder,
            msgspec.structs.replace(profile.site, render=Render(mode="when-missing")),
            {key: msgspec.structs.replace(layout, render=None) for key, layout in profile.layouts.items()},
            profile.version,
        )
        for name, profile in profiles_in().items()
    }


def emptied(fixture: Fixture, profile: Profile) -> bytes:
    """Return a fixture's page without what is in its body's elements."""
    exchange = fixture.exchange
    dom = LexborHTMLParser(charset.decode(fixture.body, content_type(exchange.headers))[0])
    for body in profile.layouts[fixture.layout].article.body:
        for css in (body.css,) if isinstance(body.css, str) else body.css or ():
            for node in dom.css(css):
                for child in list(node.iter(include_text=True)):
                    child.decompose()
    html = dom.html
    assert html is not None
    return html.replace("charset=gb", "charset=utf-8;").encode()


SHIPPED = [one for one in fixtures(map(Path, PLACES)) if one.failure is None]


@pytest.mark.parametrize("site", sorted(waiting()))
def test_every_shipped_page_without_its_body_asks_for_a_browser(site: str) -> None:
    """None of them does as it stands, except galleries whose pictures only scripts bring: these have no body.

    Without its body a page has no need of a browser if the body is in the page's data too, if the page has no scripts,
    or if its article is a video.
    """
    profile = waiting()[site]
    silent, eager, seen = [], [], 0
    for fixture in (one for one in SHIPPED if one.site == site):
        url, kind = fixture.exchange.url, content_type(fixture.exchange.headers)
        whole = outcome(fixture.body, profile, url, headers=fixture.exchange.headers)
        bodiless = isinstance(whole, Record) and not whole.blocks
        if (need(fixture.body, url, kind, profile, whole) is not None) != bodiless:
            eager.append(fixture.name)
        body = emptied(fixture, profile)
        found = outcome(body, profile, url)
        seen += 1
        article = profile.layouts[fixture.layout].kind is Kind.ARTICLE and b"<script" in body
        if not article or (isinstance(found, Record) and found.blocks):
            continue
        if need(body, url, None, profile, found) is None:
            silent.append((fixture.name, str(found)[-80:]))
    assert ([], []) == (eager, silent)
    assert seen > 0


def test_no_recorded_page_asks_for_a_browser(corpus: Path) -> None:
    """Each of the corpus has its article in what the server sent."""
    eager = []
    for entry in corpus_index(corpus, *waiting()):
        file = next(corpus.glob(f"**/{entry['name']}.html*"), None)
        assert file is not None, entry
        profile = waiting()[entry["site"]]
        body = gzip.decompress(file.read_bytes())
        found = outcome(body, profile, entry["url"])
        if need(body, entry["url"], None, profile, found) is not None:
            eager.append((entry["name"], str(found)))
    assert eager == []


def test_failures_that_ask_for_a_browser_are_named() -> None:
    """Each failure of a page either may be a shell's or is what the page is."""
    shells = {Failure.NEEDS_RENDERING, Failure.EMPTY_BODY, Failure.RULE_MISSED, Failure.UNKNOWN_LAYOUT}
    from crawler.sieve.rendering import _SHELLS

    assert shells == set(_SHELLS)

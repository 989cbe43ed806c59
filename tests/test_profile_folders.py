"""Profiles of one's own: folders in order before the installed ones, what they extend, and where commands write."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError

from crawler.commands._shared import writable_folder
from crawler.errors import ProfileInvalid, Quarantined
from crawler.extract import PROFILES, extract, profiles_in, profiles_of
from crawler.profiles import places
from crawler.profiles.lint import lint
from crawler.profiles.load import load_profiles
from crawler.profiles.match import profile_for
from crawler.spiders.options import BadSetting, Options
from tests.calling import call
from tests.crawling import command
from tests.portal.write import PAGES, read_page
from tests.test_settings import settings

PAGE = read_page(PAGES / "netease/2020_post_main/hao_plain.html")
LAYOUT = 'id = "2020_post_main"\n'


def write(folder: Path, site: str, profile: str, **layouts: str) -> Path:
    """Write a profile folder; return the folder of profiles."""
    (folder / site / "layouts").mkdir(parents=True)
    (folder / site / "profile.toml").write_text(profile, encoding="utf-8")
    for name, text in layouts.items():
        (folder / site / "layouts" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def own(folder: Path, site: str = "demo", host: str = "demo.example") -> Path:
    """Write a small profile of a site."""
    layout = (
        'id = "2026_story"\nkind = "article"\nsince = "2026-01-01"\n[[evidence]]\ncss = ".story"\n'
        '[article.headline]\ncss = "h1"\n[[article.body]]\ncss = ".story"\n'
        '[[fields.datePublished]]\ncss = ".time"\n'
    )
    return write(folder, site, f'site = "{site}"\ntitle = "示例"\nhosts = ["{host}"]\n', **{"2026_story": layout})


def body(text: str = "渡口停航以后，仓库空了三年。") -> bytes:
    """Return a page of that profile."""
    story = f'<div class="story"><p>{text * 4}</p></div>'
    return f"<html><body><h1>旧仓库</h1><i class=time>2026-02-20 10:12:47</i>{story}</body></html>".encode()


def test_extract_takes_a_folder(tmp_path: Path) -> None:
    """The folder's sites are known, and the shipped ones still are; a path or its name, alone or in a list."""
    folder, url = own(tmp_path / "mine"), "https://demo.example/1.html"
    for given in (folder, str(folder), [folder], (str(folder),)):
        assert "旧仓库" == extract(body(), url, profiles=given).headline
        assert PAGE.truth["headline"] == extract(PAGE.body, PAGE.url, profiles=given).headline
    with pytest.raises(Quarantined, match=r"no profile for this host; .*, `general=True` reads the page without one"):
        extract(body(), url)


def test_the_environment_names_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several are separated as in PATH; the first that has a site counts."""
    one, two = own(tmp_path / "one"), own(tmp_path / "two", host="other.example")
    own(tmp_path / "two", "third", "third.example")
    monkeypatch.setenv(places.VARIABLE, f"{one}:{two}")
    assert "旧仓库" == extract(body(), "https://demo.example/1.html").headline
    assert "旧仓库" == extract(body(), "https://third.example/1.html").headline
    with pytest.raises(Quarantined, match="no profile for this host"):
        extract(body(), "https://other.example/1.html")
    assert (one, two) == Options.of(settings()).own_profiles


def test_a_folder_without_a_site_is_refused(tmp_path: Path) -> None:
    """A misspelt folder must not silently mean the shipped profiles."""
    with pytest.raises(ProfileInvalid, match=r"no \*/profile\.toml here"):
        extract(body(), "https://demo.example/1.html", profiles=tmp_path / "typo")


def test_ones_own_site_replaces_the_shipped_one(tmp_path: Path) -> None:
    """By name, even if it is invalid: a broken profile must not fall back on another without a word."""
    folder = own(tmp_path, "netease", "www.163.com")
    assert [folder / "netease"] == [profiles_of(folder)["netease"].folder]
    (folder / "netease/layouts/2026_story.toml").write_text('id = "2026_story"\nkind = "what"\n', encoding="utf-8")
    loaded = load_profiles([folder, PROFILES])
    assert (True, False) == ("netease" in loaded.refused, "netease" in loaded)
    assert loaded.refusal_of(PAGE.url) is not None


def test_ones_own_profile_has_its_hosts(tmp_path: Path) -> None:
    """A host that the shipped profile claims too belongs to one's own; the shipped one keeps its other hosts."""
    shipped = profiles_in()["netease"].site.hosts[0]
    folder = own(tmp_path, "mine", shipped)
    loaded = load_profiles([folder, PROFILES])
    found = [profile_for(f"https://{host}/1.html", loaded.values()) for host in (shipped, f"a.{shipped}")]
    assert ["mine", "mine"] == [profile.site.site for profile in found if profile is not None]
    assert "netease" in loaded


def test_a_profile_extends_a_shipped_one(tmp_path: Path) -> None:
    """Its layouts, hosts and rules are there; keys of one's own replace them, entries of one's own come first."""
    folder = write(
        tmp_path,
        "netease",
        'extends = "netease"\ntitle = "我的网易"\nhosts = ["mirror.example"]\n[crawl]\ndelay = 9\n',
        **{"2020_post_main": '[[fields.source.name]]\nconst = "镜像"\n'},
    )
    assert [] == [str(fault) for fault in lint(folder / "netease") if fault.severity == "error"]
    base, mine = profiles_in()["netease"], profiles_of(folder)["netease"]
    assert ("我的网易", ("mirror.example", *base.site.hosts)) == (mine.site.title, mine.site.hosts)
    assert (9, base.site.crawl.concurrency) == (mine.site.crawl.delay, mine.site.crawl.concurrency)
    assert (list(base.layouts), True) == (list(mine.layouts), base.version != mine.version)
    record = extract(PAGE.body, PAGE.url, profiles=folder)
    assert (PAGE.truth["headline"], "镜像") == (record.headline, record.source and record.source.name)
    assert folder / "netease/layouts/2020_post_main.toml" == mine.file("layouts/2020_post_main.toml")
    assert PROFILES / "netease/phrases.toml" == mine.file("phrases.toml")


def test_what_cannot_be_extended_is_a_fault(tmp_path: Path) -> None:
    """With the key and what exists."""
    folder = write(tmp_path, "mine", 'extends = "nosuch"\nsite = "mine"\ntitle = "x"\nhosts = ["mine.example"]\n')
    assert ["no installed profile 'nosuch' to extend; `scrapy list` shows them"] == [
        fault.message for fault in lint(folder / "mine") if fault.key == "extends"
    ]


def test_a_distribution_offers_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an entry point, which is located and not imported; before the shipped profiles, after one's own."""
    own(tmp_path / "demo_profiles" / "sites")
    own(tmp_path / "demo_profiles" / "sites", "netease", "www.163.com")
    (tmp_path / "demo_profiles/__init__.py").write_text("raise SystemExit('a profile is data')\n")
    info = tmp_path / "demo_profiles-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: demo-profiles\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[portalsieve.profiles]\ndemo = demo_profiles.sites\n")
    monkeypatch.syspath_prepend(tmp_path)
    places.installed.cache_clear()
    try:
        assert (tmp_path / "demo_profiles/sites", PROFILES) == places.installed()
        assert tmp_path / "demo_profiles/sites/netease" == load_profiles(places.look_up().all)["netease"].folder
        (info / "entry_points.txt").write_text("[portalsieve.profiles]\ndemo = demo_profiles.nowhere\n")
        places.installed.cache_clear()
        with pytest.warns(UserWarning, match="demo-profiles: no folder for the entry point"):
            assert (PROFILES,) == places.installed()
    finally:
        places.installed.cache_clear()
    assert "demo_profiles" not in sys.modules


def test_the_commands_use_ones_own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--profiles`, the setting and the environment variable mean the same; `lint` checks one's own."""
    folder = own(tmp_path / "mine")
    page = tmp_path / "page.html"
    page.write_bytes(body())
    url = ("--url", "https://demo.example/1.html", "--profiles-only")
    for given in (("--profiles", folder), ("-s", f"PORTALSIEVE_PROFILES={folder}"), ()):
        if not given:
            monkeypatch.setenv("PORTALSIEVE_PROFILES", str(folder))
        done = call("extract", page, *url, *given)
        assert (0, True) == (done.returncode, '"headline":"旧仓库"' in done.stdout)
    monkeypatch.delenv("PORTALSIEVE_PROFILES")
    done = call("lint", "--profiles", folder)
    assert (0, True) == (done.returncode, done.stdout.splitlines()[-1].startswith("1 profile: 0 errors"))
    assert "demo" in command("list", PORTALSIEVE_PROFILES=str(folder)).stdout.split()


def test_new_profiles_go_to_ones_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of one's own; without one the folder of a checkout, and never that of an installed package."""
    folder = own(tmp_path / "mine")
    assert folder == Options.of(settings(PORTALSIEVE_PROFILES=f"{folder}:{PROFILES}")).profiles_home
    assert PROFILES == Options.of(settings()).profiles_home
    monkeypatch.setattr("crawler.spiders.options.INSTALLED", True)
    assert Path("site_profiles") == Options.of(settings()).profiles_home
    assert folder == Options.of(settings(PORTALSIEVE_PROFILES=f"{PROFILES}:{folder}")).profiles_home
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").rename(tmp_path / "site_profiles")
    assert (Path("site_profiles"), PROFILES) == Options.of(settings()).profiles


def test_the_shipped_profiles_can_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a setting or in the environment, for those who want to know every profile that is used."""
    folder = own(tmp_path / "mine")
    options = Options.of(settings(PORTALSIEVE_PROFILES=str(folder), PORTALSIEVE_SHIPPED_PROFILES="0"))
    assert (folder,) == options.profiles
    monkeypatch.setenv(places.SHIPPED_VARIABLE, "0")
    assert ["demo"] == list(profiles_of(folder))
    with pytest.raises(Quarantined, match="no profile for this host"):
        extract(PAGE.body, PAGE.url, profiles=folder)
    assert (folder,) == Options.of(settings(PORTALSIEVE_PROFILES=str(folder))).profiles
    monkeypatch.setenv(places.SHIPPED_VARIABLE, "no")
    with pytest.raises(BadSetting, match="PORTALSIEVE_SHIPPED_PROFILES is 'no'; use 1 or 0"):
        Options.of(settings(PORTALSIEVE_PROFILES=str(folder)))


def test_places_are_looked_up_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given, the setting, the environment, the current directory: the first that names folders counts alone."""
    given, setting, environment, here = (own(tmp_path / name) for name in ("given", "setting", "env", "site_profiles"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(places.VARIABLE, str(environment))
    stated = {places.VARIABLE: str(setting)}
    assert [(given,), (setting,), (environment,)] == [
        places.look_up(given, stated, here=True).own,
        places.look_up(settings=stated, here=True).own,
        places.look_up("", {places.VARIABLE: []}, here=True).own,
    ]
    monkeypatch.delenv(places.VARIABLE)
    assert [(Path(here.name),), ()] == [places.look_up(here=True).own, places.look_up().own]
    monkeypatch.setenv(places.SHIPPED_VARIABLE, "0")
    assert [(given,), (given, *places.installed())] == [
        places.look_up(given).all,
        places.look_up(given, {places.SHIPPED_VARIABLE: True}).all,
    ]


def test_an_installed_profile_is_copied_before_it_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into the first folder of one's own; a profile of one's own, and one of a checkout, is changed where it is."""
    mine = own(tmp_path / "mine")
    options = Options.of(settings(PORTALSIEVE_PROFILES=str(mine)))
    loaded = load_profiles(options.profiles)
    assert PROFILES / "netease" == writable_folder(loaded["netease"], options)
    monkeypatch.setattr("crawler.commands._shared.INSTALLED", True)
    assert (mine / "demo", mine / "netease") == tuple(writable_folder(loaded[s], options) for s in ("demo", "netease"))
    assert (PROFILES / "netease/profile.toml").read_bytes() == (mine / "netease/profile.toml").read_bytes()
    assert mine / "netease" == writable_folder(load_profiles(options.profiles)["netease"], options)
    edited = mine / "netease/phrases.toml"
    edited.write_text("# edited\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"netease exists, but the profile in use is .*: nothing was written"):
        writable_folder(loaded["netease"], options)
    assert "# edited\n" == edited.read_text(encoding="utf-8")

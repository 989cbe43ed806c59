"""The settings as they ship: polite, closed, and refusing what they do not know."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from crawler.errors import ProfileInvalid
from crawler.extract import PROFILES
from crawler.records.write import ChromeLevel
from crawler.spiders.loader import ProfileSpiderLoader
from crawler.spiders.options import KNOWN, BadSetting, Options
from crawler.spiders.portal import PortalSpider
from tests.crawling import ROOT
from tests.small_site import small_site


def settings(**changed: Any) -> Settings:
    """Return the project's settings, some of them changed as by -s."""
    made = Settings()
    made.setmodule("crawler.settings", priority="project")
    made.setdict(changed, priority="cmdline")
    return made


POLITE_AND_CLOSED = {
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 1.0,
    "DOWNLOAD_DELAY_JITTER": 0.0,
    "COOKIES_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_MAXSIZE": 8 * 2**20,
    "JOBDIR": None,
    "FEED_EXPORT_ENCODING": "utf-8",
}


@pytest.mark.parametrize("name", POLITE_AND_CLOSED)
def test_defaults(name: str) -> None:
    """S13, and what a site may expect of us."""
    assert settings()[name] == POLITE_AND_CLOSED[name]


def test_the_documentation_says_what_bounds_a_crawl() -> None:
    """Each setting that its table names ships with the value that stands there."""
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| ([\d.]+) \|", (ROOT / "docs/crawl.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {"DOWNLOAD_TIMEOUT", "DOWNLOAD_MAXSIZE", "RETRY_TIMES"} < {name for name, _ in rows}
    assert {name: float(value) for name, value in rows} == {name: float(settings()[name]) for name, _ in rows}


def test_only_http_is_fetched() -> None:
    """No file, ftp, data or s3 handler is left."""
    handlers = settings().getwithbase("DOWNLOAD_HANDLERS")
    assert sorted(scheme for scheme in handlers if handlers[scheme] is not None) == ["http", "https"]


@pytest.mark.parametrize(
    ("setting", "gone"),
    [
        ("DOWNLOADER_MIDDLEWARES", ["Offsite", "Cookies", "MetaRefresh", "HttpAuth", "HttpCache", "RobotsTxt"]),
        ("SPIDER_MIDDLEWARES", ["HttpError", "Depth"]),
        ("EXTENSIONS", ["Telnet", "RemoteControl", "SpiderState", "AutoThrottle"]),
    ],
)
def test_what_is_not_in_use_is_off(setting: str, gone: list[str]) -> None:
    """Each is named as Scrapy names it, so that a renamed one is noticed."""
    components = settings().getwithbase(setting)
    base = settings()[f"{setting}_BASE"]
    switched_off = [path for path in components if components[path] is None]
    assert [path for path in switched_off if path not in base] == []
    assert [name for name in gone if not any(name in path for path in switched_off)] == []


def test_options_are_read() -> None:
    """Defaults: all chrome, the profiles that ship with the project, its own output folder, nobody to write to."""
    options = Options.of(settings())
    assert options == Options(chrome=ChromeLevel.FULL, output=ROOT / "output", profiles=(PROFILES,), contact="")
    assert options.user_agent == "portalsieve/0.1.0"
    assert Options.of(settings(PORTALSIEVE_CONTACT="https://x.example/bot")).user_agent == (
        "portalsieve/0.1.0 (+https://x.example/bot)"
    )


BAD = {
    "an unknown name": (
        {"PORTALSIEVE_CROME": "none"},
        r"unknown setting PORTALSIEVE_CROME \(did you mean PORTALSIEVE_CHROME\?\)",
    ),
    "a misspelt setting of Scrapy": (
        {"DOWNLOAD_DELY": "3"},
        r"unknown setting DOWNLOAD_DELY \(did you mean DOWNLOAD_DELAY\?\)",
    ),
    "a misspelt prefix": ({"PORTALSEIVE_CONTACT": "a@b.example"}, r"did you mean PORTALSIEVE_CONTACT\?"),
    "an unknown level": ({"PORTALSIEVE_CHROME": "some"}, "'some'; use one of full, items, none"),
    "a file for a folder": ({"PORTALSIEVE_OUTPUT": __file__}, "which is not a folder"),
    "no folder": ({"PORTALSIEVE_OUTPUT": ""}, "is empty"),
    "no profiles": ({"PORTALSIEVE_PROFILES": str(Path(__file__).parent)}, "contains no SITE/profile.toml"),
    "no contact": ({"PORTALSIEVE_CONTACT": "me"}, "an e-mail address or the URL"),
    "a header in the contact": ({"PORTALSIEVE_CONTACT": "a@b.example\r\nX: y"}, "an e-mail address or the URL"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_refused(name: str) -> None:
    """With the setting's name and what would do."""
    changed, message = BAD[name]
    with pytest.raises(BadSetting, match=message):
        Options.of(settings(**changed))


def test_all_our_settings_are_known() -> None:
    """What the settings file offers is what is checked."""
    offered = sorted(name for name in settings() if name.startswith("PORTALSIEVE_"))
    assert tuple(offered) == KNOWN


def test_the_loader_makes_a_spider_of_each_folder(tmp_path: Path) -> None:
    """By name, with the profile's hosts; it finds the one whose page a request asks for."""
    from scrapy import Request

    loader = ProfileSpiderLoader.from_settings(settings())
    assert loader.list() == sorted(path.parent.name for path in PROFILES.glob("*/profile.toml"))
    spider = loader.load("netease")
    assert issubclass(spider, PortalSpider)
    assert (spider.name, loader.load("netease")) == ("netease", spider)
    assert loader.find_by_request(Request("https://m.163.com/x")) == ["netease"]
    with pytest.raises(KeyError, match=r"no profile folder for 'x'; available: .*netease"):
        loader.load("x")


def test_an_invalid_profile_hides_no_other_site(tmp_path: Path) -> None:
    """A request finds its own site's spider; one to the site with the invalid profile says what is wrong with it."""
    from scrapy import Request

    small_site(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "profile.toml").write_text(
        'site = "other"\ntitle = "Other"\nhosts = ["other.example"]\n', encoding="utf-8"
    )
    loader = ProfileSpiderLoader.from_settings(settings(PORTALSIEVE_PROFILES=str(tmp_path)))
    assert loader.find_by_request(Request("https://www.demo.example/")) == ["demo"]
    assert loader.find_by_request(Request("https://elsewhere.example/")) == []
    with pytest.raises(ProfileInvalid, match="a site needs at least one layout"):
        loader.find_by_request(Request("https://www.other.example/"))


def test_the_library_needs_no_scrapy() -> None:
    """`import crawler` and reading archives load neither Scrapy nor Twisted."""
    code = (
        "import sys, crawler, crawler.warc.reader; print(sorted(m for m in sys.modules if m in ('scrapy', 'twisted')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

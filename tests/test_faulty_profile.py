"""A fault in one site's folder stops that site, by name, and no other."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from crawler import ProfileInvalid, extract
from crawler.__main__ import main
from crawler.extract import PROFILES, profiles_in
from crawler.profiles.match import profile_for
from tests.cases import recorded, shipped
from tests.crawling import ROOT
from tests.profile_samples import LAYOUT, NAME, PROFILE, changed, write

SOUND = shipped("netease/2020_post_main/hao_plain")
BROKEN_PAGE = "https://www.sample.example/news/123456.html"
FAULTY = {
    "an unknown role": {"layouts": {NAME: changed(LAYOUT, 'role = "nav"', 'role = "navv"')}},
    "no profile.toml yet": {"profile": None},
    "no TOML": {"profile": PROFILE + "\n[[urls"},
    "the host of another": {"profile": changed(PROFILE, '"sample.example"', '"sample.example", "163.com"')},
    "a public suffix": {"profile": changed(PROFILE, '"sample.example"', '"sample.example", "com.cn"')},
}


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Sites:
    """A folder with a sound site and a faulty one, and a page of the sound one."""

    folder: Path
    page: Path
    monkeypatch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]

    def call(self, *arguments: str | Path) -> Done:
        """Run a command with these profiles, in this process."""
        self.monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "crawler.settings")
        self.monkeypatch.setattr("sys.argv", ["scrapy"])
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments), "-s", f"PORTALSIEVE_PROFILES={self.folder}"])
        return Done(int(ended.value.code or 0), *self.capfd.readouterr())


def test_a_command_of_scrapy_names_a_folder_without_profiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """`list` is Scrapy's own and does not know our settings: their faults are one line all the same."""
    done = Sites(tmp_path, tmp_path, monkeypatch, capfd).call("list")
    assert (done.returncode, done.stderr) == (
        2,
        f"scrapy: error: PORTALSIEVE_PROFILES is {str(tmp_path)!r}, which contains no SITE/profile.toml\n",
    )


@pytest.fixture
def sites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Sites:
    """Return a sound site, and one whose layout has an unknown role."""
    folder, page = tmp_path / "sites", tmp_path / "page.html"
    shutil.copytree(PROFILES / "netease", folder / "netease")
    write(folder, **FAULTY["an unknown role"])  # type: ignore[arg-type]
    page.write_bytes(SOUND.body)
    return Sites(folder, page, monkeypatch, capfd)


@pytest.mark.parametrize("fault", FAULTY)
def test_the_others_are_loaded(tmp_path: Path, fault: str) -> None:
    """The fault is named with its place; of two that claim one host, the first stays in use."""
    shutil.copytree(PROFILES / "netease", tmp_path / "netease")
    shutil.copytree(PROFILES / "thepaper", tmp_path / "thepaper")
    write(tmp_path, **FAULTY[fault])  # type: ignore[arg-type]
    loaded = profiles_in(tmp_path)
    assert (["netease", "thepaper"], ["sample"]) == (list(loaded), list(loaded.refused))
    assert str(tmp_path / "sample") in str(loaded.refusal("sample"))
    assert loaded.refusal_of(SOUND.response["url"]) is None
    assert loaded.refusal_of("https://www.stranger.com.cn/") is None


def test_an_invalid_copy_takes_no_host(tmp_path: Path) -> None:
    """Whoever begins with a copy of a site's folder does not stop that site."""
    shutil.copytree(PROFILES / "netease", tmp_path / "netease")
    shutil.copytree(PROFILES / "netease", tmp_path / "anew")
    loaded = profiles_in(tmp_path)
    assert (["netease"], ["anew"]) == (list(loaded), list(loaded.refused))
    assert loaded.refusal_of(SOUND.response["url"]) is None


BELOW = {"profile": changed(PROFILE, '"sample.example"', '"sample.example", "news.163.com"')}
NEWS = "https://news.163.com/26/0220/10/ABCDEFGH0001899O.html"


def test_the_more_specific_of_two_hosts_wins(tmp_path: Path) -> None:
    """A host below another profile's belongs to the profile that names it, in whatever order they are given."""
    shutil.copytree(PROFILES / "netease", tmp_path / "netease")
    write(tmp_path, **BELOW)  # type: ignore[arg-type]
    loaded = profiles_in(tmp_path)
    sample, netease = loaded["sample"], loaded["netease"]
    for url, owner in ((NEWS, sample), (NEWS.replace("//", "//a."), sample), (SOUND.response["url"], netease)):
        assert [profile_for(url, both) for both in ([sample, netease], [netease, sample])] == [owner, owner]
        assert profile_for(url, [sample if owner is netease else netease]) is None
    assert profile_for("https://xnews.163.com/", [netease]) is netease


def test_a_faulty_profile_keeps_its_host_from_a_wider_one(tmp_path: Path) -> None:
    """Its pages are refused with its fault; the wider profile does not read them under other ids."""
    shutil.copytree(PROFILES / "netease", tmp_path / "netease")
    write(tmp_path, **BELOW, **FAULTY["an unknown role"])  # type: ignore[arg-type]
    loaded = profiles_in(tmp_path)
    assert profile_for(NEWS, loaded.values()) is None
    assert "navv" in str(loaded.refusal_of(NEWS))


def test_of_three_that_claim_hosts_the_first_ones_stay(tmp_path: Path) -> None:
    """A profile that is refused for one host takes no other from those that come later."""
    for site, *hosts in (("alpha", "a.example"), ("beta", "b.example", "a.example"), ("gamma", "b.example")):
        text = PROFILE.replace('"sample"', f'"{site}"').replace("sample.example", hosts[0])
        listed = ", ".join(f'"{host}"' for host in hosts)
        write(tmp_path, site=site, profile=changed(text, f'hosts = ["{hosts[0]}"]', f"hosts = [{listed}]"))
    loaded = profiles_in(tmp_path)
    assert (list(loaded), list(loaded.refused)) == (["alpha", "gamma"], ["beta"])
    assert loaded.refusal("beta").key == "hosts[1]"
    assert loaded.refusal_of("https://www.a.example/") is None


def test_a_page_of_the_faulty_site_names_the_fault(sites: Sites) -> None:
    """Its host is read though the rest is at fault; a page of no site is still of no site."""
    loaded = profiles_in(sites.folder)
    refusal = loaded.refusal_of(BROKEN_PAGE)
    assert refusal is not None
    assert (refusal.key, "navv" in str(refusal)) == ("chrome.nav.role", True)
    assert loaded.refusal_of("https://www.other.example/") is None
    assert loaded.refusal_of(SOUND.response["url"]) is None


def test_extract_continues_with_the_others(sites: Sites) -> None:
    """The record is printed; standard error says what is skipped and what to do; pages of the faulty site fail the call."""
    done = sites.call("extract", sites.page, "--url", SOUND.response["url"])
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert done.stderr.startswith("sample is skipped:")
    assert f"`scrapy lint {sites.folder / 'sample'}` lists all faults" in done.stderr
    done = sites.call("extract", sites.page, "--url", BROKEN_PAGE)
    assert (done.returncode, done.stdout) == (1, "")
    assert "profile_invalid 1" in done.stderr
    done = sites.call("extract", "--text", sites.page, "--site", "sample")
    assert (done.returncode, "sample: its profile is invalid" in done.stderr) == (2, True)


def test_explain_record_and_review_go_on_with_the_others(sites: Sites, tmp_path: Path) -> None:
    """Each works on the sound site, and refuses the faulty one with file and key."""
    url, kept = SOUND.response["url"], tmp_path / "kept"
    (tmp_path / "saved").mkdir()
    shutil.copy(sites.page, tmp_path / "saved")
    calls = [
        sites.call("explain", sites.page, "--url", url, "-o", tmp_path / "out.html"),
        sites.call("record", "netease", "--folder", tmp_path / "saved", "--url", url, "--fixtures", kept),
        sites.call("review", "netease", "--accept", "--fixtures", kept),
    ]
    assert [0, 0, 0] == [done.returncode for done in calls]
    refused = [
        sites.call("explain", sites.page, "--url", BROKEN_PAGE, "-o", tmp_path / "none.html"),
        sites.call("record", "sample", BROKEN_PAGE, "--fixtures", kept),
        sites.call("review", "sample", "--fixtures", kept),
    ]
    assert [1, 2, 2] == [done.returncode for done in refused]
    assert [True] * 3 == [f"{NAME}.toml" in done.stderr and "chrome.nav.role" in done.stderr for done in refused]
    assert not (tmp_path / "none.html").exists()


def test_fixtures_of_other_sites_are_tested(sites: Sites, tmp_path: Path) -> None:
    """The plugin fails the first check of the faulty site's fixtures with its fault, and passes the others'."""
    kept = recorded(tmp_path / "kept", SOUND.name)
    shutil.copytree(kept, tmp_path / "f/netease/2020_post_main/plain")
    shutil.copytree(kept, tmp_path / "f/sample/2024_story/plain")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nportalsieve_profiles = {sites.folder}\n")
    arguments = ["-p", "crawler.regression.pytest_plugin", "-q", "-k", "layout or schema", "--rootdir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(tmp_path / "f")],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert "1 failed, 2 passed, 1 skipped" in done.stdout.splitlines()[-1]
    assert "chrome.nav.role: 'navv' is not a role" in done.stdout


def test_the_library_refuses_pages_of_the_faulty_site(sites: Sites) -> None:
    """`extract` raises ProfileInvalid for its pages alone."""
    headers = SOUND.response["headers"]
    assert extract(SOUND.body, SOUND.response["url"], headers=headers, profiles=sites.folder).site == "netease"
    with pytest.raises(ProfileInvalid, match=r"chrome\.nav\.role"):
        extract(SOUND.body, BROKEN_PAGE, profiles=sites.folder)

"""The plugin where the package is installed: pytest finds it by itself, in a project without a line of code."""

from __future__ import annotations

import shutil
from pathlib import Path

from crawler.extract import PROFILES
from crawler.regression.suite import LAWS
from tests.cases import recorded
from tests.wheels import call

CASE = "thepaper/2022_next/dom_and_data"


def test_the_plugin_is_found_and_uses_the_projects_profiles(environment: Path, tmp_path: Path) -> None:
    """No ini file and no -p: each value of a fixture beside `site_profiles` is a test, and a rule broken there fails its own."""
    shutil.copytree(PROFILES / "thepaper", tmp_path / "site_profiles/thepaper")
    recorded(tmp_path / "cases", CASE)
    profile = tmp_path / "site_profiles/thepaper/profile.toml"
    text = profile.read_text(encoding="utf-8")
    assert 1 == text.count('".index_copyright__*"')
    profile.write_text(text.replace("index_copyright__", "index_copyleft__"), encoding="utf-8")
    options = ("-v", "-p", "no:cacheprovider", "cases")
    done = call(environment, "python", "-m", "pytest", *options, cwd=tmp_path, CI="true")
    results = dict(
        line.split("::")[1].split()[:2] for line in done.stdout.splitlines() if "::" in line and "%]" in line
    )
    assert {*LAWS, "headline", "blocks", "chrome.credits"} <= set(results)
    assert "PASSED" == results["headline"]
    assert {"chrome.credits", "unknown"} == {name for name, result in results.items() if result == "FAILED"}
    assert "(site_profiles/thepaper/profile.toml:" in done.stdout

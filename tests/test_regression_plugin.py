"""The pytest plugin in a project that has nothing but profiles and fixtures."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.extract import PROFILES
from crawler.regression.suite import LAWS
from tests.cases import recorded
from tests.waiting import PATIENCE

CASE = "netease/2020_post_main/hao_plain"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of one profile and one fixture, without a line of code."""
    shutil.copytree(PROFILES / "netease", tmp_path / "site_profiles/netease")
    recorded(tmp_path / "cases", CASE)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p crawler.regression.pytest_plugin\n", encoding="utf-8")
    return tmp_path


def run(project: Path, *arguments: str, ci: bool = False) -> tuple[int, str]:
    """Run pytest there; exit status and output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST") and name != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=project,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **({"CI": "true"} if ci else {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return done.returncode, done.stdout + done.stderr


def expected(project: Path) -> dict[str, dict[str, object]]:
    """Return the case's expected.json."""
    loaded: dict[str, dict[str, object]] = json.loads(
        (project / "cases" / CASE / "expected.json").read_text(encoding="utf-8")
    )
    return loaded


def test_one_test_a_value_and_a_law(project: Path) -> None:
    """Each value and each law is a test of its own name, and all pass in CI."""
    status, message = run(project, "--collect-only", ci=True)
    names = [line.rpartition("::")[2] for line in message.splitlines() if "::" in line]
    assert (0, [*LAWS, *expected(project)["values"]]) == (status, names)
    assert 0 == run(project, ci=True)[0]


def test_a_broken_selector_reads_as_a_small_diff(project: Path) -> None:
    """The failure is a few lines: value, layout, rule with its line, the node that is right; no stack."""
    layout = project / "site_profiles/netease/layouts/2020_post_main.toml"
    text = layout.read_text(encoding="utf-8")
    layout.write_text(text.replace('".post_wemedia_info2"', '".post_wemedia_info9"'), encoding="utf-8")
    status, message = run(project)
    assert (1, 1) == (status, message.count("\nFAILED"))
    place = next(line for line in message.splitlines() if "rule:" in line)
    assert '".post_wemedia_info9"' in place
    assert "(site_profiles/netease/layouts/2020_post_main.toml:" in place
    assert "nearest:  .post_wemedia_info2  text '2048 关注度'" in message
    assert "Traceback" not in message


def test_a_page_without_a_record_fails_once(project: Path) -> None:
    """Its other checks would only repeat the reason; where the first is not run, they do."""
    answer = project / "cases" / CASE / "response.json"
    answer.write_text(answer.read_text(encoding="utf-8").replace("www.163.com", "www.example.com"), encoding="utf-8")
    shutil.copytree(answer.parent, answer.parent.with_name("other"))
    other = f"cases/{CASE.rpartition('/')[0]}/other/page.html.gz"
    status, message = run(project, "-rfs", f"--deselect={other}::layout")
    failed = re.findall(r"^FAILED (\S+)", message, re.MULTILINE)
    assert (1, [f"cases/{CASE}/page.html.gz::layout"]) == (status, [name for name in failed if "/other/" not in name])
    assert f"{other}::headline" in failed
    assert "the page has no record: see its check `layout`" in message


def test_update_only_by_name(project: Path) -> None:
    """--portalsieve-update sets the named value, unreviewed, and no other; it takes no `all`, and CI then asks for a review."""
    path = project / "cases" / CASE / "expected.json"
    wrong = expected(project)
    wrong["values"]["headline"] = wrong["values"]["title"] = "wrong"
    path.write_text(json.dumps(wrong, ensure_ascii=False), encoding="utf-8")
    assert 4 == run(project, "--portalsieve-update", "all")[0]
    status, message = run(project, "--portalsieve-update", "headline")
    assert (1, True) == (status, "page.html.gz::title" in message)
    now = expected(project)
    assert ("unreviewed", "wrong") == (now["review"]["headline"], now["values"]["title"])
    assert "wrong" != now["values"]["headline"]
    message = run(project, ci=True)[1]
    assert "unreviewed: headline" in message


def test_the_unknown_limit_is_a_setting(project: Path) -> None:
    """Text that no rule claims fails beyond the limit of the ini file."""
    layout = project / "site_profiles/netease/layouts/2020_post_main.toml"
    text = layout.read_text(encoding="utf-8")
    layout.write_text(text.replace('css = ".post_recommends"\n', 'css = ".post_nothing"\n'), encoding="utf-8")
    assert "::unknown" in run(project)[1]
    with (project / "pytest.ini").open("a", encoding="utf-8") as ini:
        ini.write("portalsieve_unknown_limit = 0.9\n")
    message = run(project)[1]
    assert ("::unknown" in message, "::chrome.related" in message) == (False, True)

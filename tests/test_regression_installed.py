"""The plugin where the package is installed: pytest finds it by itself, in a project without a line of code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from crawler.extract import PROFILES
from crawler.regression.suite import LAWS
from tests.cases import recorded
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
CASE = "thepaper/2022_next/dom_and_data"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an interpreter of its own that has the built wheel, and the libraries of this one."""
    uv = shutil.which("uv") or shutil.which("uv", path=ROOT / ".uv/bin")
    if uv is None:
        _missing("uv is not here; `make setup-dev` brings it")
    folder = tmp_path_factory.mktemp("installed")
    built = _run([uv, "build", "--wheel", "--quiet", "--out-dir", folder / "wheel", ROOT])
    if built.returncode:
        _missing(f"the wheel cannot be built here: {built.stderr.strip().splitlines()[-1:]}")
    (wheel,) = (folder / "wheel").glob("*.whl")
    fresh = folder / "venv"
    _run([uv, "venv", "--quiet", fresh]).check_returncode()
    _run([uv, "pip", "install", "--quiet", "--no-deps", "--offline", "--python", fresh, wheel]).check_returncode()
    (site,) = fresh.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return fresh / "bin/python"


def _missing(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI must have it")
    pytest.skip(what)


def _run(arguments: list[str | Path], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHONPATH"))}
    return subprocess.run(
        arguments, cwd=cwd, env={**kept, "CI": "true"}, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def test_the_plugin_is_found_and_uses_the_projects_profiles(python: Path, tmp_path: Path) -> None:
    """No ini file and no -p: each value of a fixture beside `site_profiles` is a test, and a rule broken there fails its own."""
    shutil.copytree(PROFILES / "thepaper", tmp_path / "site_profiles/thepaper")
    recorded(tmp_path / "cases", CASE)
    profile = tmp_path / "site_profiles/thepaper/profile.toml"
    text = profile.read_text(encoding="utf-8")
    assert 1 == text.count('".index_copyright__*"')
    profile.write_text(text.replace("index_copyright__", "index_copyleft__"), encoding="utf-8")
    done = _run([python, "-m", "pytest", "-v", "-p", "no:cacheprovider", "cases"], tmp_path)
    results = dict(
        line.split("::")[1].split()[:2] for line in done.stdout.splitlines() if "::" in line and "%]" in line
    )
    assert {*LAWS, "headline", "blocks", "chrome.credits"} <= set(results)
    assert "PASSED" == results["headline"]
    assert {"chrome.credits", "unknown"} == {name for name, result in results.items() if result == "FAILED"}
    assert "(site_profiles/thepaper/profile.toml:" in done.stdout

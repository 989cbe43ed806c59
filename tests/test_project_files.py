"""The files that a project has around its code: they can be read, and they name what exists."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler import __version__
from tests.release import faults, fragments

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def loaded(name: str) -> Any:
    """Return a YAML file."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_hooks_are_local_and_installed() -> None:
    """Each calls a program of the environment that `make setup-dev` makes: the versions are those of CI."""
    (repo,) = loaded(".pre-commit-config.yaml")["repos"]
    names = {Path(shlex.split(hook["entry"])[0]).name for hook in repo["hooks"]}
    assert ("local", {"ruff", "mypy", "scrapy", "codespell", "pytest"}) == (repo["repo"], names)
    paths = {part for hook in repo["hooks"] for part in shlex.split(hook["entry"]) if part.startswith("tests/")}
    assert set() == {path for path in paths if not (ROOT / path).exists()}


def test_every_version_that_is_promised_is_tested() -> None:
    """The classifiers, the matrix of CI and nox agree; the first is the lowest that is required."""
    promised = sorted(re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"])), key=lambda v: int(v[2:]))
    jobs = loaded(".github/workflows/ci.yml")["jobs"]
    first = jobs["full"]["steps"][1]["with"]["python-version"]
    assert promised == [first, *jobs["versions"]["strategy"]["matrix"]["python"]]
    assert PROJECT["requires-python"] == f">={first}"
    sessions = re.search(r"python=(\[[^\]]+\])", (ROOT / "noxfile.py").read_text(encoding="utf-8"))
    assert sessions is not None
    assert promised == yaml.safe_load(sessions[1])


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda p: p.name)
def test_workflows_and_forms_can_be_read(path: Path) -> None:
    """They are YAML, and call what is there: targets of make, modules and tests of the project."""
    text = path.read_text(encoding="utf-8")
    assert isinstance(yaml.safe_load(text), dict)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set() == set(re.findall(r"run: make ([a-z-]+)", text)) - targets
    named = re.findall(r"\b((?:tests|docs|\.ci)/[\w./-]+)", text) + [
        f"{name.replace('.', '/')}.py" for name in re.findall(r"-m (tests[\w.]+)", text)
    ]
    assert [] == [name for name in named if not (ROOT / name).exists()]


def test_a_release_needs_its_section() -> None:
    """The tag, the version of the package and the changelog are one; what is unreleased is not released by accident."""
    assert PROJECT["version"] == __version__
    assert ["the tag is v9.9.9, but pyproject.toml has version " + __version__] == faults("v9.9.9")[:1]
    assert [] == [fault for fault in faults(f"v{__version__}") if "CHANGELOG" not in fault]


def test_changes_have_a_section_of_the_changelog() -> None:
    """Each file has a kind that the project file knows, which is a heading of the changelog, and some text."""
    towncrier = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["towncrier"]
    kinds = {kind["directory"]: kind["name"] for kind in towncrier["type"]}
    headings = re.findall(r"^### (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert list(kinds.values()) == list(dict.fromkeys(headings))
    wrong = [
        path.name for path in fragments() if not re.fullmatch(rf"\+[a-z0-9-]+\.({'|'.join(kinds)})\.md", path.name)
    ]
    assert ([], []) == (wrong, [path.name for path in fragments() if not path.read_text(encoding="utf-8").strip()])


def test_every_command_is_offered_to_scrapy() -> None:
    """But for `crawl`, which is one of Scrapy's own."""
    files = {path.stem for path in (ROOT / "crawler/commands").glob("[a-z]*.py")}
    assert files - {"crawl"} == set(PROJECT["entry-points"]["scrapy.commands"])

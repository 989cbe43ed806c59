"""The house's own rules: who may know what, no site in the engine, documentation that names what exists."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from crawler.extract import PROFILES, profiles_in

ROOT = Path(__file__).resolve().parent.parent
ENGINE = sorted((ROOT / "crawler").rglob("*.py"))
ORDER = (
    "errors",
    "failpoints",
    "terminal",
    "records",
    "page",
    "profiles",
    "sieve",
    "textdump",
    "heuristics",
    "warc",
    "extract",
    "store",
    "fetch",
    "draft",
    "bulk",
    "engines",
    "datatrove",
    "ray",
    "spark",
    "regression",
    "drift",
    "report",
    "spiders",
    "addon",
    "settings",
    "commands",
)
"""The rooms of `crawler/`, folders and single modules: each imports itself and those above it, so there is no cycle."""
APART = {"page": {"records"}, "records": set[str]()}
"""Rooms above a room that it must not know all the same."""
LONG = {"profiles/model.py": 600, "records/model.py": 600}
"""Modules that may be longer: the profile language and the record are each read as one page."""


def imports(path: Path) -> set[str]:
    """Return the engine's modules that a file imports anywhere, without the leading `crawler.`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            package = path.relative_to(ROOT / "crawler").parts[:-1]
            within = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            found |= {".".join(filter(None, [*within, alias.name])) for alias in node.names}
    return found


@pytest.mark.parametrize("path", ENGINE, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_within_the_engine_are_relative(path: Path) -> None:
    """No module names the package it is in, so that an installed wheel may call it `portalsieve`."""
    named = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and not node.level:
            named.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Import):
            named |= {alias.name.split(".")[0] for alias in node.names}
    assert set() == named & {"crawler", "site_profiles"}


def room(path: Path) -> str:
    """Return the folder or single module of `crawler/` that a module belongs to."""
    return path.relative_to(ROOT / "crawler").parts[0].removesuffix(".py")


@pytest.mark.parametrize(
    "path", [p for p in ENGINE if not room(p).startswith("__")], ids=lambda p: str(p.relative_to(ROOT))
)
def test_rooms_keep_their_order(path: Path) -> None:
    """A room imports only itself and rooms above it: no upward import, and no cycle."""
    own = room(path)
    allowed = {*ORDER[: ORDER.index(own) + 1], "__version__"} - APART.get(own, set())
    assert set() == {name for name in imports(path) if name.split(".")[0] not in allowed}


def test_every_room_has_a_place_in_the_order() -> None:
    """A new folder or module of `crawler/` is put where it belongs, and described in ARCHITECTURE.md if it is a folder."""
    rooms = {room(path) for path in ENGINE if not room(path).startswith("__")}
    assert rooms == set(ORDER)
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = {name for name in rooms if (ROOT / "crawler" / name).is_dir()}
    assert set() == {name for name in folders if f"| `crawler/{name}/` |" not in text}


def test_library_needs_no_scrapy() -> None:
    """`import crawler` loads neither Scrapy nor Twisted."""
    code = "import crawler, sys; print(sorted({'scrapy', 'twisted', 'aiohttp'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "[]" == run.stdout.strip()


@pytest.mark.parametrize("path", ENGINE, ids=lambda p: str(p.relative_to(ROOT)))
def test_engine_names_no_site(path: Path) -> None:
    """No host of a profile stands in the engine, and no site's name unless it is also a common word of pages."""
    text = path.read_text(encoding="utf-8").lower()
    names = {name for name in profiles_in() if len(name) > 3} - {"people", "wechat", "youth"}
    names |= {host for profile in profiles_in().values() for host in profile.site.hosts}
    assert [] == [name for name in sorted(names) if name in text]


def test_site_folders_hold_data_only() -> None:
    """A profile is TOML, notes and baselines: no code."""
    files = [path for path in PROFILES.rglob("*") if path.is_file()]
    assert set() == {path.suffix for path in files if path.parent.name != "baseline"} - {".toml", ".md"}
    assert {".json"} == {path.suffix for path in files if path.parent.name == "baseline"}


@pytest.mark.parametrize("path", ENGINE, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_have_one_idea(path: Path) -> None:
    """A module has at most 450 lines, unless splitting it would tear one idea apart, and says first what it is."""
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= LONG.get(path.relative_to(ROOT / "crawler").as_posix(), 450)


DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_and_paths_exist(path: Path) -> None:
    """Every relative link and every path in back quotes that a document names is there."""
    text = path.read_text(encoding="utf-8")
    names = set(re.findall(r"\]\(([^)#:]+)\)", text))
    names |= set(re.findall(r"`((?:crawler|tests|site_profiles|docs|output|benchmarks)/[\w./-]*)`", text))
    names |= {f"crawler/{name}" for name in re.findall(r"`((?:page|profiles|sieve|records)/\w+\.py)`", text)}
    made = (
        "output/records",
        "output/quarantine",
        "output/runs",
        "output/store.sqlite",
        "output/drift",
        "output/reports",
        "output/review",
        "tests/fixtures/town/",
    )
    places = (ROOT, path.parent)
    names = {n.partition("#")[0] for n in names if not n.startswith("tests/resources")}  # those of another project
    assert [] == sorted(n for n in names if not n.startswith(made) and not any((p / n).exists() for p in places))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_make_targets_exist(path: Path) -> None:
    """Every `make` target that a document names is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert set() == named - targets


def test_commands_exist_and_have_examples() -> None:
    """Every command of ours has help with an example and stands in the documentation."""
    documents = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    for path in sorted((ROOT / "crawler" / "commands").glob("*.py")):
        if "class Command" not in (text := path.read_text(encoding="utf-8")):
            continue
        named = re.search(rf"(scrapy|portalsieve) {path.stem}\b", documents)
        assert (path.stem, True) == (path.stem, named is not None)
        assert (path.stem, True) == (path.stem, "example" in text.lower() or "  scrapy " in text)


def test_every_dependency_has_its_reason() -> None:
    """ARCHITECTURE.md has a row for each run-time dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[\s<>=;\[]", requirement)[0] for requirement in project["dependencies"]}
    rows = set(re.findall(r"^\| ([\w-]+) \|", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert set() == names - rows


def test_pinned_requirements_name_no_address() -> None:
    """The pinned requirements have hashes and no address of a registry."""
    for path in sorted(ROOT.glob("requirements*.txt")):
        text = path.read_text(encoding="utf-8")
        assert (path.name, []) == (path.name, re.findall(r"https?://\S+|--index-url|--extra-index-url", text))
        assert "--hash=sha256:" in text

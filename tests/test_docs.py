"""The documentation: its snippets run, its site can be built, and it says where each page of the repository is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from tests.portal.archive import write_warc
from tests.portal.write import PAGES, read_page
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(
    r"(?:<!-- (?P<before>not run: [^>]+) -->\n+)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$(?:\n<!-- (?P<after>not run: [^>]+) -->)?",
    re.MULTILINE | re.DOTALL,
)
PLAIN = read_page(PAGES / "netease/2020_post_main/hao_plain.html")
RUN = {"sh", "python", "sql"}
SHOWN = {"toml"}
"""Kinds of fences: snippets that are run, and data."""


class Snippet(NamedTuple):
    """A piece of a page: shell commands, Python or SQL."""

    kind: str
    text: str


def snippets(path: Path) -> list[Snippet]:
    """Return the snippets of a page that are run, in order."""
    found = _FENCE.finditer(path.read_text(encoding="utf-8"))
    return [
        Snippet(each["kind"], each["text"])
        for each in found
        if each["kind"] in RUN and not (each["before"] or each["after"])
    ]


def article(number: int) -> str:
    """Return a page of a site without a profile, with the structure that a draft finds."""
    story = "".join(
        f"<p>渡口停航以后的第{number}个冬天，仓库里的书一本一本搬了进来，第{n}排书架也满了。</p>" for n in range(6)
    )
    return (
        f"<!-- saved from url=(0041)https://www.town.example/a/{1000 + number}.html -->\n<html><head>"
        f"<title>渡口停航以后的第{number}个冬天_镇上新闻</title></head><body><h1 class='story-title'>渡口停航以后的第{number}个冬天</h1>"
        f"<div class='story-info'>2026-02-20 10:12:47 来源：灯下漫笔</div><div class='story-text'>{story}</div></body></html>"
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with what the snippets read."""
    note = f"<!-- saved from url=({len(PLAIN.url):04d}){PLAIN.url} -->\n".encode()
    files = {
        "saved.html": PLAIN.body,
        "saved/one.html": note + PLAIN.body,
        "copied.txt": (ROOT / "tests/textdumps/hao_browser.txt").read_bytes(),
        **{f"town/{number}.html": article(number).encode() for number in (1, 2)},
        "saved/town.html": article(3).encode(),
    }
    for name, body in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    write_warc(tmp_path / "pages.warc.gz", [PLAIN])
    write_warc(tmp_path / "archives/pages.warc.gz", [PLAIN])
    return tmp_path


@pytest.mark.parametrize("path", [each for each in DOCUMENTS if snippets(each)], ids=lambda p: p.name)
def test_snippets_run(path: Path, place: Path, environment: Path) -> None:
    """Those of a page one after the other in one folder, with the installed wheel; none fails."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SCRAPY", "PORTALSIEVE"))
    }
    kept["PATH"] = f"{environment / 'bin'}:{kept['PATH']}"
    for snippet in snippets(path):
        if snippet.kind == "sql":
            run_sql(snippet.text, place)
            continue
        call = ["bash", "-euo", "pipefail", "-c"] if snippet.kind == "sh" else ["python", "-W", "error", "-c"]
        done = subprocess.run(
            [*call, snippet.text], cwd=place, env=kept, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        assert (0, snippet.text) == (done.returncode, snippet.text if done.returncode == 0 else done.stderr)


def run_sql(text: str, place: Path) -> None:
    """Run a page's SQL in the folder; its last query finds something."""
    before = Path.cwd()
    os.chdir(place)
    try:
        connection = duckdb.connect()
        connection.execute((place / "records.sql").read_text(encoding="utf-8"))
        assert connection.execute(text).fetchall()
    finally:
        os.chdir(before)


def test_what_is_not_run_says_why() -> None:
    """A fence with commands or code is run, or has a reason; others are data."""
    fences = [each for path in DOCUMENTS for each in _FENCE.finditer(path.read_text(encoding="utf-8"))]
    assert set() == {each["kind"] for each in fences} - RUN - SHOWN
    reasons = [each["before"] or each["after"] for each in fences]
    assert {"not run: network", "not run: the tests install the wheel"} < set(filter(None, reasons))


def test_the_extras_are_listed() -> None:
    """Where installing is described: all that the project file has for users, and no other is named anywhere."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"]) - {"dev", "bench"}
    rows = re.findall(r"^\| (`[a-z0-9`, ]+`) \|", (ROOT / "docs/index.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(extras) == sorted(name for row in rows for name in re.findall(r"`(\w+)`", row))
    texts = [*DOCUMENTS, *(ROOT / "docs/examples").rglob("*.md"), *(ROOT / "crawler").rglob("*.py")]
    named = {
        name
        for path in texts
        for group in re.findall(r"(?:portalsieve|\.whl\)?)\[([\w,]+)\]", path.read_text(encoding="utf-8"))
        for name in group.split(",")
    }
    assert set() == named - extras


def test_the_site_can_be_built(tmp_path: Path) -> None:
    """Strictly: every link leads somewhere, every name of the reference exists, every page is in the menu."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert (0, "") == (done.returncode, done.stderr)
    pages = {path.stem for path in (tmp_path / "site").glob("*.html")}
    assert set() == {path.stem for path in DOCUMENTS[1:]} - pages
    text = (tmp_path / "site/architecture.html").read_text(encoding="utf-8")
    assert ("Decisions" in text, "<!-- include" in text) == (True, False)
    assert [] == [
        path.name
        for path in (tmp_path / "site").glob("*.html")
        if re.search(r'src="https?://', path.read_text(encoding="utf-8"))
    ]

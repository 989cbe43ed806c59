"""A small sound profile, written to disk for tests of the loader and the linter; tests change what they are about."""

from __future__ import annotations

from pathlib import Path

PROFILE = """\
site = "sample"
title = "样本网"
hosts = ["sample.example"]

[[urls]]
kind = "article"
match = '^https?://www\\.sample\\.example/(?P<channel>[a-z]+)/(?P<id>\\d{6})\\.html'
canonical = "https://www.sample.example/{channel}/{id}.html"

[[lists]]
url = "https://www.sample.example/list_{page}.html"
format = "html"
css = ".list a"
pages = 3

[chrome.footer]
role = "footer"
css = ".site-footer"

[[fields.datePublished]]
meta = "article:published_time"
"""

LAYOUT = """\
id = "2024_story"
kind = "article"
since = "2024-03-01"

[[evidence]]
css = "div.story"
weight = 3

[[evidence]]
css = "h1.story-title"
weight = 2

[article.headline]
css = "h1.story-title"

[article.info.line]
css = ".story-line"

[[article.body]]
css = "div.story"

[chrome.nav]
role = "nav"
css = "#menu, .top-menu"

[chrome.related]
role = "related"
css = "ul.more"
[chrome.related.items]
css = "li"
headline = [{ css = "a" }]

[[fields.source.name]]
within = "line"
css = "a"
match = '来源[:：]\\s*(.+)'
"""

NAME = "2024_story"


def write(
    folder: Path,
    *,
    site: str = "sample",
    profile: str | bytes | None = PROFILE,
    layouts: dict[str, str | bytes] | None = None,
    **others: str | bytes,
) -> Path:
    """Write the folder of `site` below `folder` and return it; `layouts` by file name, `others` as phrases_toml=..."""
    place = folder / site
    (place / "layouts").mkdir(parents=True)
    files: dict[str, str | bytes] = {f"layouts/{name}.toml": text for name, text in (layouts or {NAME: LAYOUT}).items()}
    if profile is not None:
        files["profile.toml"] = profile
    files |= {name.replace("_", "."): text for name, text in others.items()}
    for name, content in files.items():
        (place / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return place


def changed(text: str, old: str, new: str) -> str:
    """Return `text` with `old`, which must be there once, replaced."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)


def line_of(text: str, part: str) -> int:
    """Return the line of the one place where `part` stands in `text`."""
    assert text.count(part) == 1, f"{part!r} is there {text.count(part)} times"
    return text.count("\n", 0, text.index(part)) + 1

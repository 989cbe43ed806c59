"""A site of one layout, made for the tests of the engine: shipped profiles change, this one is what a test says."""

from __future__ import annotations

from pathlib import Path

from crawler.profiles.load import Profile, load_profile

SITE = r"""
site = "demo"
title = "Demo"
hosts = ["demo.example"]

[[urls]]
kind = "article"
match = '^https?://www\.demo\.example/\d{8}/(?P<id>\d{5})(?:_\d+)?\.html'
"""
URL = "https://www.demo.example/20260220/12345.html"
LAYOUT = """
id = "2026_article"
kind = "article"
[[evidence]]
css = "article"
[article.headline]
css = "h1"
[article.info.time]
css = ".time"
[[article.body]]
css = ".body"
[chrome.comments]
role = "comments"
css = ".comments"
[chrome.more]
role = "related"
css = ".more"
[chrome.editor]
role = "credits"
css = ".editor"
[[fields.datePublished]]
within = "time"
match = '^[\\d: -]+$'
[[fields.editors]]
within = "editor"
match = '：(.*)'
"""
"""The article in `article`: `h1`, `.time`, `.body`, `.editor`, `.comments`, `.more`."""


def small_site(folder: Path, layout: str = LAYOUT) -> Profile:
    """Write the site into `folder` and return its profile; `layout` is its one layout, in TOML."""
    home = folder / "demo"
    (home / "layouts").mkdir(parents=True)
    (home / "profile.toml").write_text(SITE, encoding="utf-8")
    name = next(line.split('"')[1] for line in layout.splitlines() if line.startswith("id ="))
    (home / "layouts" / f"{name}.toml").write_text(layout, encoding="utf-8")
    return load_profile(home)

"""Hooks of the documentation's site: pages from the top of the repository, and links to files outside docs/."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "output/README.md": "output.md",
    "docs/examples/newsroom/README.md": "newsroom.md",
}
"""Files of the repository and the pages that show them."""
_INCLUDE = re.compile(r"<!-- include: (\S+) -->")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def on_startup(**_: Any) -> None:
    """Let the reference find the package under the name that it has when it is installed."""
    link = ROOT / "build/site-packages/portalsieve"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(os.path.relpath(ROOT / "crawler", link.parent), target_is_directory=True)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Include the file that a page stands for; links to files outside docs/ become links of the site, or text."""
    folder = Path("docs", page.file.src_uri).parent
    found = _INCLUDE.search(markdown)
    if found is not None:
        folder = Path(found[1]).parent
        markdown = markdown.replace(found[0], (ROOT / found[1]).read_text(encoding="utf-8"))
    return _LINK.sub(lambda link: _resolved(link, folder), markdown)


def _resolved(link: re.Match[str], folder: Path) -> str:
    mark, text, target, anchor = link[1], link[2], link[3], link[4] or ""
    path = os.path.normpath(folder / target)
    if path in PAGES:
        return f"{mark}[{text}]({PAGES[path]}{anchor})"
    if path.startswith("docs/") and not path.startswith("docs/examples"):
        return f"{mark}[{text}]({path.removeprefix('docs/')}{anchor})"
    return text

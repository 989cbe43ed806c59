"""A profile with changes, tried before anything is written: its files in memory, loaded from a scratch folder."""

from __future__ import annotations

import difflib
import tempfile
from pathlib import Path
from typing import Any

from ...errors import ProfileInvalid
from ...profiles.load import Profile, load_profile
from ...profiles.toml import KeyPath
from .toml_text import EditFailed, TomlText

SHARED = "profile.toml"
_KEPT = 8
_LOADED: dict[object, Profile | ProfileInvalid] = {}
"""The profiles of the drafts that were loaded last: a draft is asked for more than once."""


def own_file(layout: str) -> str:
    """Return the name of a layout's file in the profile's folder."""
    return f"layouts/{layout}.toml"


class Draft:
    """The TOML files of a profile's folder, immutable; changes return another draft.

    `changed` are the keys of the rules that were changed, for messages.
    """

    def __init__(self, files: dict[str, TomlText], site: str, changed: tuple[str, ...] = ()) -> None:
        self.files = files
        self.site = site
        self.changed = changed

    @classmethod
    def of(cls, folder: Path) -> Draft:
        """Return the files of a folder as they are."""
        names = [SHARED, *(f"layouts/{path.name}" for path in sorted((folder / "layouts").glob("*.toml")))]
        names += ["phrases.toml"] if (folder / "phrases.toml").is_file() else []
        texts = {name: TomlText((folder / name).read_text(encoding="utf-8")) for name in names}
        return cls(texts, folder.name)

    def with_file(self, name: str, text: TomlText, rule: str = "") -> Draft:
        """Return the draft with another text of one file, in which `rule` was changed."""
        changed = (*self.changed, rule) if rule and rule not in self.changed else self.changed
        return Draft({**self.files, name: text}, self.site, changed)

    def place(self, layout: str, path: KeyPath) -> tuple[str, KeyPath]:
        """Return the file and the path in it of a rule of a loaded layout: its own file, or the site's shared rules.

        Raises EditFailed where neither has it.
        """
        if own_file(layout) not in self.files:
            raise EditFailed(f"{own_file(layout)} is in the profile that this one extends, which is not changed")
        own = self.files[own_file(layout)]
        if own.get(path) is not None:
            return own_file(layout), path
        if path and isinstance(path[-1], int):
            above = own.get(path[:-1])
            path = (*path[:-1], path[-1] - (len(above) if isinstance(above, list) else 0))
        if self.files[SHARED].get(path) is not None:
            return SHARED, path
        raise EditFailed(f"{'.'.join(map(str, path))} is in no file of the profile")

    def profile(self, like: Profile) -> Profile:
        """Return the loaded profile; raises ProfileInvalid. Hosts that `like` ceded stay ceded."""
        key = (self.site, tuple((name, text.text) for name, text in self.files.items()))
        if key in _LOADED:
            found = _LOADED[key]
            if isinstance(found, ProfileInvalid):
                raise found
            return found
        while len(_LOADED) >= _KEPT:
            del _LOADED[next(iter(_LOADED))]
        try:
            loaded = _LOADED[key] = self._load(like)
        except ProfileInvalid as error:
            _LOADED[key] = error
            raise
        return loaded

    def _load(self, like: Profile) -> Profile:
        with tempfile.TemporaryDirectory(prefix="repair-") as scratch:
            folder = Path(scratch) / self.site
            (folder / "layouts").mkdir(parents=True)
            for name, text in self.files.items():
                (folder / name).write_text(text.text, encoding="utf-8")
            loaded = load_profile(folder)
        loaded.ceded = like.ceded
        return loaded

    def diff(self, before: Draft) -> str:
        """Return the changes since `before` as a unified diff with paths inside the site's folder."""
        parts: list[str] = []
        for name, text in self.files.items():
            old = before.files.get(name)
            if old is not None and old.text == text.text:
                continue
            lines = difflib.unified_diff(
                old.text.splitlines(keepends=True) if old is not None else [],
                text.text.splitlines(keepends=True),
                f"a/{self.site}/{name}" if old is not None else "/dev/null",
                f"b/{self.site}/{name}",
            )
            parts += lines
        return "".join(parts)

    def with_css(self, layout: str, path: KeyPath, css: str, *, front: bool, union: bool = False) -> Draft:
        """Return the draft with one more selector in the rule at `path`: an alternative, or part of a `union`.

        Raises EditFailed.
        """
        name, path = self.place(layout, path)
        key = (*path, "css")
        old = self.files[name].get(key)
        new: Any
        if old is None:
            text = self.files[name].with_key(path, "css", css)
        else:
            if union:
                new = f"{old}, {css}" if isinstance(old, str) else [*old[:-1], f"{old[-1]}, {css}"]
            else:
                known = [old] if isinstance(old, str) else [*old]
                new = [css, *known] if front else [*known, css]
            text = self.files[name].replaced(key, new)
        return self.with_file(name, text, ".".join(str(part) for part in path))

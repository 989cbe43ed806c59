"""Archives on object storage: an archive at an fsspec URL is copied to a temporary file while it is read."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CHUNK = 8 * 1024 * 1024


class NoStorage(RuntimeError):  # noqa: N818 - states what is missing
    """A URL needs a library that is not installed, or cannot be read. The message names both."""


def is_remote(place: object) -> bool:
    """Return whether a place is an fsspec URL, such as s3://bucket/file, rather than a local path."""
    return isinstance(place, str) and "://" in place and not place.startswith("file://")


def filesystem(url: str) -> tuple[Any, str]:
    """Return fsspec's file system for a URL, and the path in it. Raises NoStorage."""
    try:
        import fsspec  # noqa: PLC0415 - an extra
    except ImportError:
        raise NoStorage(f"{url}: needs fsspec; install the extra `s3` (pip install 'portalsieve[s3]')") from None
    try:
        found, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise NoStorage(f"{url}: {error}") from None
    return found, str(path)


@contextlib.contextmanager
def localized(place: str | Path) -> Iterator[Path]:
    """Give a local file with the content of `place`: the file itself, or a temporary copy with the same name."""
    if not is_remote(str(place)):
        yield Path(str(place).removeprefix("file://"))
        return
    system, path = filesystem(str(place))
    with tempfile.TemporaryDirectory(prefix="portalsieve-") as folder:
        copy = Path(folder) / Path(path).name
        with system.open(path, "rb") as source, copy.open("wb") as out:
            shutil.copyfileobj(source, out, _CHUNK)
        yield copy

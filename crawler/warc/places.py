"""Archives that are not on this machine's disk: each is copied to a temporary file while it is read."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

_CHUNK = 8 * 1024 * 1024


@contextlib.contextmanager
def copied(opened: Callable[[], contextlib.AbstractContextManager[IO[bytes]]], name: str) -> Iterator[Path]:
    """Yield a temporary file of this name with the content of a stream.

    An archive is read at offsets, and again after a fault: over a network each step back would be another request.
    """
    with tempfile.TemporaryDirectory(prefix="portalsieve-") as folder:
        copy = Path(folder) / Path(name).name
        with opened() as source, copy.open("wb") as out:
            shutil.copyfileobj(source, out, _CHUNK)
        yield copy

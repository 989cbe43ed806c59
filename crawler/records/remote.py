"""Object storage by fsspec URLs, such as s3://bucket/folder/: archives to read, outputs that appear complete.

An object appears when its upload is complete, so outputs are written on this machine's disk first, then uploaded.
Endpoint and credentials are found as by the storage's own tools (`AWS_ENDPOINT_URL`, `AWS_PROFILE`, `~/.aws`, a role).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeVar

import msgspec

from ..terminal import plain
from .write import replacing

T = TypeVar("T")

log = logging.getLogger("portalsieve")

_environments: dict[type, dict[str, str]] = {}
"""The environment in which the file systems of each kind of storage were made."""
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_OURS = frozenset({"http", "https", "file", "postgres", "postgresql"})
_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss", "memory"})
"""Storage in which an object appears when its upload is complete; elsewhere a file is renamed after it."""


WAITS = (0.5, 2.0, 8.0)
"""Seconds before what failed for a reason that may pass is tried again."""


class RemoteError(OSError):
    """Object storage that cannot be used. The message has the URL, the reason and what to do."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")


class ObjectError(RemoteError):
    """An object that is missing, or that may not be read; others may be there."""


class PassingError(RemoteError):
    """A failure of the network or of the storage that may pass."""


class RemoteFile(msgspec.Struct, frozen=True):
    """An object: its URL, its place below the URL that was listed, its size in bytes, a mark of its version."""

    url: str
    place: Path
    size: int
    version: str


def is_remote(place: object) -> bool:
    """Return whether a name is the URL of object storage."""
    found = _URL.match(place) if isinstance(place, str) else None
    return found is not None and found[1].lower() not in _OURS


def remote_files(url: str, suffixes: tuple[str, ...]) -> list[RemoteFile]:
    """Return the object at a URL, those below it (a folder) or those that it matches (a pattern), sorted by name.

    Only objects with one of `suffixes` count. Raises RemoteError, also if there are none.
    """
    return patiently(lambda: _listed(url, suffixes))


def patiently(work: Callable[[], T]) -> T:
    """Return the result of `work`, which is tried again after a PassingError, up to three times. Raises RemoteError."""
    for wait in WAITS:
        try:
            return work()
        except PassingError as error:
            log.warning("%s; trying again in %g s", plain(str(error)), wait)
            time.sleep(wait)
    return work()


def _listed(url: str, suffixes: tuple[str, ...]) -> list[RemoteFile]:
    with _errors(url):
        storage, path = _storage(url)
        if any(sign in path for sign in "*?["):
            found = storage.glob(path, detail=True)
            root = re.split(r"[*?\[]", path, maxsplit=1)[0].rpartition("/")[0]
        else:
            found = storage.find(path, detail=True)
            root = path.rstrip("/") if path.rstrip("/") not in found else path.rpartition("/")[0]
    names = sorted(name for name, about in found.items() if name.endswith(suffixes) and about.get("type") == "file")
    if not names:
        raise RemoteError(url, f"no object there ends with {' or '.join(suffixes)}; check the bucket and the path")
    scheme = url.partition("://")[0]
    return [
        RemoteFile(
            f"{scheme}://{name}",
            Path(name[len(root) :].lstrip("/")),
            int(found[name].get("size") or 0),
            str(found[name].get("ETag") or found[name].get("LastModified") or found[name].get("mtime") or ""),
        )
        for name in names
    ]  # fmt: skip


@contextlib.contextmanager
def opened(url: str) -> Iterator[IO[bytes]]:
    """Open an object for reading. Raises RemoteError."""
    with _errors(url):
        storage, path = _storage(url)
        with storage.open(path, "rb") as stream:
            try:
                yield stream
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                what = "no space is left on this machine for a copy of it; set TMPDIR to a folder on a larger disk"
                raise RemoteError(url, what) from error


def exists(url: str) -> bool:
    """Return whether there is an object at a URL. Raises RemoteError, also for a bucket that does not exist."""
    return patiently(lambda: _exists(url))


def _exists(url: str) -> bool:
    with _errors(url):
        storage, path = _storage(url)
        try:
            storage.info(path)
        except FileNotFoundError:
            bucket = path.partition("/")[0]
            if bucket and not storage.exists(bucket):  # elsewhere paths begin with a slash, and folders are created
                raise FileNotFoundError(bucket) from None
            return False
        return True


def upload(file: Path, url: str) -> None:
    """Make a file an object, in place of the one that was there. Raises RemoteError."""
    patiently(lambda: _upload(file, url))


def _upload(file: Path, url: str) -> None:
    with _errors(url):
        storage, path = _storage(url)
        if url.partition("://")[0] in _WHOLE:
            storage.put_file(str(file), path)
            return
        folder, _, name = path.rpartition("/")
        part = f"{folder}/.{name}.part"
        storage.makedirs(folder, exist_ok=True)
        storage.put_file(str(file), part)
        storage.mv(part, path)


@contextlib.contextmanager
def complete_file(place: Path | str) -> Iterator[BinaryIO]:
    """Open a stream whose bytes replace a file or an object when the block ends; after an error nothing changes.

    Raises CannotWrite, RemoteError.
    """
    if not isinstance(place, str) or not is_remote(place):
        with replacing(place) as out:
            yield out
        return
    exists(place)  # a wrong bucket is reported before the work, not after it
    with tempfile.TemporaryDirectory(prefix="portalsieve-") as folder:
        local = Path(folder) / "output"
        with local.open("wb") as out:
            yield out
        upload(local, place)


class Staged:
    """A place on this machine for an output that is uploaded when it is complete.

    `place` is the local file or folder for the URL. With `kept` it is in the user's cache and stays until `remove`, so
    that a run can be resumed on this machine; otherwise it is temporary.
    """

    def __init__(self, url: str, *, kept: bool) -> None:
        self.url = url
        self._base, _, name = url.rstrip("/").rpartition("/")
        if kept:
            cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
            self.folder = cache / "portalsieve" / "uploads" / hashlib.sha256(url.encode()).hexdigest()[:16]
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self._removed, ignore_errors=True)
        else:
            self.folder = Path(tempfile.mkdtemp(prefix="portalsieve-"))
        self.place = self.folder / name
        if url.endswith("/"):
            self.place.mkdir(exist_ok=True)

    def url_of(self, file: Path) -> str:
        """Return the URL of a local file."""
        return f"{self._base}/{file.relative_to(self.folder).as_posix()}"

    def upload(self, files: Iterable[Path] | None = None) -> list[str]:
        """Upload files, by default all that are complete; return their URLs. Raises RemoteError."""
        found = files if files is not None else (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        urls = []
        for file in found:
            if not file.name.startswith("."):
                upload(file, self.url_of(file))
                urls.append(self.url_of(file))
        return urls

    def remove(self) -> None:
        """Delete the local files; if the process is killed meanwhile, none of them is found again."""
        with contextlib.suppress(OSError):
            self.folder.rename(self._removed)
        for folder in (self._removed, self.folder):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def _removed(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.removed")


def _storage(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it; there is one for all objects of a storage.

    It is made again when the environment has changed, which has endpoint and credentials.
    """
    from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra

    storage, path = url_to_fs(url, use_listings_cache=False)
    environment = {**os.environ}
    if _environments.setdefault(type(storage), environment) != environment:
        type(storage).clear_instance_cache()
        _environments[type(storage)] = environment
        storage, path = url_to_fs(url, use_listings_cache=False)
    return storage, str(path)


@contextlib.contextmanager
def _errors(url: str) -> Iterator[None]:
    """Raise the errors of a storage's library as RemoteError."""
    try:
        yield
    except RemoteError:
        raise
    except ImportError as error:
        extra = "the extra `s3` (pip install 'portalsieve[s3]')"
        what = extra if url.startswith("s3") or "fsspec" in str(error) else f"a library ({error})"
        raise RemoteError(url, f"object storage needs {what}") from None
    except FileNotFoundError as error:
        raise ObjectError(url, f"no such bucket or object ({_first(error)})") from error
    except PermissionError as error:
        raise ObjectError(url, f"access is denied ({_first(error)}); check the credentials and their rights") from error
    except Exception as error:
        if not isinstance(error, (OSError, ValueError, *_library_errors())):
            raise
        if type(error).__name__ in {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"}:
            advice = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            raise RemoteError(url, f"no credentials were found; {advice}") from error
        if str(error).startswith("Protocol not known"):  # a misspelt URL, as a rule
            raise RemoteError(url, "neither an http(s) URL nor one of object storage, such as s3://") from None
        if not _may_pass(error):
            names = "AWS_ENDPOINT_URL, AWS_PROFILE and the region" if url.startswith("s3") else "its configuration"
            raise RemoteError(url, f"the object storage cannot be used: {_first(error)}; check {names}") from error
        raise PassingError(url, f"the object storage cannot be used: {_first(error)}") from error


def _may_pass(error: Exception) -> bool:
    """Return whether an error is the network's or the server's; any other is one of the configuration."""
    if isinstance(error, _classes("botocore.exceptions", "BotoCoreError")):
        passing = ("ConnectionError", "HTTPClientError", "IncompleteReadError", "ChecksumError")
        return isinstance(error, _classes("botocore.exceptions", *passing))
    return type(error) is not ValueError  # its subclasses are answers that cannot be read


def _library_errors() -> tuple[type[Exception], ...]:
    """Return the base classes of errors of libraries that are loaded, which are not OSError."""
    return *_classes("botocore.exceptions", "BotoCoreError", "ClientError"), *_classes("aiohttp", "ClientError")


def _classes(module: str, *names: str) -> tuple[type[Exception], ...]:
    """Return classes of errors of a module, as far as it is loaded and has them."""
    found = (getattr(sys.modules.get(module), name, None) for name in names)
    return tuple(kind for kind in found if isinstance(kind, type) and issubclass(kind, Exception))


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__

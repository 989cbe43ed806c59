"""Crawls as cassettes: what vcrpy records, stored as plain files that people can read and compare.

| file of a cassette's folder | content |
|---|---|
| `exchanges.json` | each URL once, sorted: method, status, headers by allow-list, the body's file and charset |
| `<host>/<path>.html` … | the decoded bodies; as UTF-8 where that is lossless, else as received |

Of requests, only method and URL are kept. Of several responses to one URL, only the last is kept: a request that was
retried after a 503 is played back as the final response. Two recordings of the same pages are the same files.

    with Cassettes(profiles).use("tests/cassettes/name", record_mode="all"):
        … crawl …

With pytest-recording, `vcr_config` returns `cassettes.options` and the hook `pytest_recording_configure` calls
`cassettes.register(vcr)`. The crawl has to use `crawler.fetch.recordable.RecordableHandler`. A request that is not in
the cassette fails like any other, and the crawl continues: `unrecorded` counts them, so that a test can assert that
there are none. vcrpy is a development dependency.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vcr import VCR
from vcr.cassette import CassetteNotFoundError
from vcr.request import Request

from ..extract import content_type
from ..page import charset
from ..profiles.load import Profile
from ..profiles.match import profile_for, read_url
from .fixture import encoded
from .secrets import HEADERS, is_secret, is_secret_name, kept_url, masked, sent_secrets, struck

INDEX = "exchanges.json"
FORMAT = 1
KEPT = (HEADERS - {"date", "server"}) | {"content-encoding", "location", "retry-after"}
"""Response headers that affect a crawl, without those that differ between two recordings of a page."""

_ENDINGS = {"html": ".html", "javascript": ".js", "json": ".json", "xml": ".xml", "text/plain": ".txt"}
_UNSAFE = re.compile(r"[^\w.,=-]+", re.ASCII)
_LONGEST = 80
_GZIP = 31


def unrecorded(stats: Mapping[str, Any]) -> int:
    """Return how many requests of a crawl were not in its cassette; `stats` is Scrapy's `crawler.stats.get_stats()`.

    A request that was retried counts each time.
    """
    kinds = tuple(f"downloader/exception_type_count/{module}." for module in ("vcr", __name__))
    return sum(count for name, count in stats.items() if name.startswith(kinds))


class CassetteBroken(ValueError):  # noqa: N818 - states what is wrong
    """A cassette that cannot be played, or a crawl that cannot be recorded. The message has the file or the URL."""


class Cassettes:
    """Records and plays crawls of the sites of `profiles`. Use one object per recording: it collects the secrets."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self._profiles = list(profiles)
        self._secrets: dict[str, None] = {}
        self._queries: dict[str, str] = {}

    @property
    def options(self) -> dict[str, Any]:
        """The options of vcrpy, for `use_cassette` or pytest-recording's `vcr_config`."""
        return {
            "before_record_request": self.filtered,
            "allow_playback_repeats": True,
            "drop_unused_requests": True,
        }

    def use(self, folder: str | Path, record_mode: str = "none") -> Any:
        """Return a vcrpy context manager that plays the cassette in `folder`, or records it with record_mode="all"."""
        made = VCR(record_mode=record_mode)
        self.register(made)
        return made.use_cassette(str(folder), **self.options)

    def register(self, vcr: VCR) -> None:
        """Register this object as the persister of `vcr`."""
        vcr.register_persister(self)

    def filtered(self, request: Request) -> Request:
        """Return the parts of a request that are recorded and compared: method and URL."""
        headers = {name: _text(value) for name, value in request.headers.items()}
        self._remember(sent_secrets(headers))
        return Request(request.method, self._address(request.uri), None, {})

    def _address(self, url: str) -> str:
        """Return `url` as recorded: for an article only its address, for others without anything like a secret."""
        profile = profile_for(url, self._profiles)
        if profile is not None and read_url(url, profile).id is not None:
            kept, dropped = kept_url(url, profile)
            self._remember(value for name, value in dropped.items() if name not in profile.tracking)
            return kept
        bare, dropped = kept_url(url, None)
        query = url.partition("#")[0].partition("?")[2]
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        hidden = [(n, value) for n, _, value in pairs if value.strip("x") and (is_secret(value) or is_secret_name(n))]
        self._remember([*(value for _, value in hidden), *(dropped[key] for key in ("#", "@") if key in dropped)])
        if not pairs:
            return bare
        shown = [name + mark + ("x" * len(value) if (name, value) in hidden else value) for name, mark, value in pairs]
        kept = f"{bare}?{'&'.join(shown)}"
        if hidden and self._queries.setdefault(kept, query) != query:
            raise CassetteBroken(f"{kept}: two URLs differ only in what looks like a secret; they cannot be recorded")
        return kept

    def _remember(self, secrets: Iterable[str]) -> None:
        self._secrets |= dict.fromkeys(value for value in secrets if is_secret(value))

    # --- The methods of a vcrpy persister ---

    def load_cassette(self, path: str | Path, serializer: object) -> tuple[list[Request], list[dict[str, Any]]]:
        """Return the requests and responses of a cassette. Raises CassetteNotFoundError and CassetteBroken."""
        del serializer
        folder = _folder(path)
        index = folder / INDEX
        if not index.is_file():
            raise CassetteNotFoundError(f"{folder}: no cassette; record it with --record-mode=all")
        try:
            read = json.loads(index.read_bytes())
            if read["format"] != FORMAT:
                raise CassetteBroken(f"{index}: format {read['format']}; this version reads {FORMAT}: record it again")
            pairs = [(_request(one), _response(one, folder)) for one in read["exchanges"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CassetteBroken(f"{index}: cannot be played ({error}); record it again") from error
        return [request for request, _ in pairs], [response for _, response in pairs]

    def save_cassette(self, path: str | Path, cassette_dict: Mapping[str, Any], serializer: object) -> None:
        """Write a cassette completely or not at all; an existing one is replaced."""
        del serializer
        pairs = zip(cassette_dict["requests"], cassette_dict["responses"], strict=True)
        last = {(request.uri, request.method): response for request, response in pairs}
        for response in last.values():
            self._remember(sent_secrets({name: _text(value) for name, value in response["headers"].items()}))
        folder = _folder(path)
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            rows = [self._written(made, key, last[key]) for key in sorted(last)]
            (made / INDEX).write_bytes(encoded({"format": FORMAT, "exchanges": rows}))
            made.chmod(0o755)
            if folder.exists():
                shutil.rmtree(folder)
            made.replace(folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise

    def _written(self, folder: Path, key: tuple[str, str], response: Mapping[str, Any]) -> dict[str, Any]:
        """Write the body of an exchange below `folder` and return its row of the index."""
        url, method = key
        secrets = list(self._secrets)
        headers = {
            name.lower(): self._address(_text(value)) if name.lower() == "location" else _text(value)
            for name, value in sorted(response["headers"].items())
            if name.lower() in KEPT
        }
        headers = {name: struck(value, secrets) for name, value in headers.items()}
        row: dict[str, Any] = {
            "method": method,
            "url": struck(url, secrets),
            "status": response["status"]["code"],
            "headers": headers,
        }
        body = _plain(response["body"].get("string") or b"", headers, url)
        if not body:
            return row
        declared = content_type(headers)
        name = charset.decode(body, declared)[1].name
        body, _ = masked(body, secrets, name)
        shown, encoded_by = _shown(body, name)
        if encoded_by is not None:
            row["charset"] = encoded_by
        file = _free(folder, row["url"], declared)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(shown)
        row["body"] = file.relative_to(folder).as_posix()
        return row


def _folder(path: str | Path) -> Path:
    """Return a cassette's folder; vcrpy and pytest-recording expect a file of this name."""
    return Path(str(path).removesuffix(".yaml"))


def _request(row: Mapping[str, Any]) -> Request:
    return Request(row["method"], row["url"], None, {})


def _response(row: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    body = (folder / row["body"]).read_bytes() if "body" in row else b""
    if "charset" in row:
        body = body.decode().encode(row["charset"])
    if row["headers"].get("content-encoding") == "gzip":
        body = gzip.compress(body, 9, mtime=0)
    status = {"code": row["status"], "message": HTTPStatus(row["status"]).phrase}
    return {
        "status": status,
        "headers": {name: [value] for name, value in row["headers"].items()},
        "body": {"string": body},
    }


def _plain(body: bytes, headers: dict[str, str], url: str) -> bytes:
    """Return the decoded `body`. Raises CassetteBroken for a content encoding other than gzip."""
    coding = headers.get("content-encoding", "identity")
    if coding == "identity" or not body:
        headers.pop("content-encoding", None)
        return body
    if coding != "gzip":
        raise CassetteBroken(f"{url}: content encoding {coding} is not supported; request only gzip (Accept-Encoding)")
    try:
        return zlib.decompress(body, _GZIP)
    except zlib.error as error:
        raise CassetteBroken(f"{url}: the gzip data is damaged ({error}); record the crawl again") from None


def _shown(body: bytes, name: str) -> tuple[bytes, str | None]:
    """Return `body` as stored, and the charset to encode it back to, None if it is stored unchanged."""
    try:
        body.decode()
    except UnicodeDecodeError:
        try:
            text = body.decode(name)
            if text.encode(name) == body:
                return text.encode(), name
        except (UnicodeError, LookupError):
            pass
    return body, None


def _free(folder: Path, url: str, declared: str | None) -> Path:
    """Return a new file name for the body of `url`: the host as folder, path and query as name."""
    parts = urlsplit(url)
    name = _UNSAFE.sub("_", parts.path.strip("/") + (f"?{parts.query}" if parts.query else ""))[:_LONGEST].strip("_.")
    ending = next((ending for kind, ending in _ENDINGS.items() if kind in (declared or "")), "")
    stem = (name.removesuffix(ending) or "index").lstrip(".")
    numbers = ("", *(f"-{number}" for number in range(2, 1000)))
    files = (folder / _UNSAFE.sub("_", parts.netloc) / f"{stem}{number}{ending}" for number in numbers)
    return next(file for file in files if not file.exists())


def _text(value: object) -> str:
    """Return a header's value in vcrpy (a string or a list) as a string; several are joined by line ends."""
    values = value if isinstance(value, list | tuple) else [value]
    return "\n".join(one.decode("latin-1") if isinstance(one, bytes) else str(one) for one in values)

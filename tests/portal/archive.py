"""Packs fixtures into a web archive: ``python -m tests.portal.archive OUT.warc.gz [SITE...]``.

One gzip member a record (WARC 1.1): a ``warcinfo``, then a ``response`` with HTTP head and body for each page. The same
fixtures give the same bytes (record ids are made of the address, gzip has no time).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import http
import sys
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tests.portal import write
from tests.portal.page import FixturePage


def write_warc(path: Path, pages: Iterable[FixturePage]) -> int:
    """Write ``pages`` to ``path`` (parent folders are made); return how many responses it holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("wb") as out:
        about = b"software: portalsieve fixtures\r\nformat: WARC File Format 1.1\r\n"
        head = {"WARC-Type": "warcinfo", "WARC-Filename": path.name, "Content-Type": "application/warc-fields"}
        out.write(record(head, about, key="warcinfo", when="2026-01-01T00:00:00+00:00"))
        for page in pages:
            out.write(response(page))
            count += 1
    return count


def response(page: FixturePage) -> bytes:
    """Return the archived response of one page. The address has no fragment: browsers do not send it."""
    head = [f"HTTP/1.1 {page.status} {http.HTTPStatus(page.status).phrase}"]
    head += [f"{name}: {value}" for name, value in page.headers.items()]
    head.append(f"Content-Length: {len(page.body)}")
    block = "\r\n".join(head).encode() + b"\r\n\r\n" + page.body
    fields = {
        "WARC-Type": "response",
        "WARC-Target-URI": page.url.partition("#")[0],
        "WARC-Payload-Digest": digest(page.body),
        "Content-Type": "application/http; msgtype=response",
    }
    return record(fields, block, key=page.name + page.url, when=page.fetched_at)


def record(fields: dict[str, str], block: bytes, *, key: str, when: str) -> bytes:
    """Return one record as a gzip member; ``key`` names it, ``when`` is an ISO time with an offset."""
    moment = datetime.fromisoformat(when).astimezone(UTC)
    fields = {
        **fields,
        "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'portal:{key}')}>",
        "WARC-Date": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "WARC-Block-Digest": digest(block),
        "Content-Length": str(len(block)),
    }
    head = "WARC/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
    return gzip.compress(head.encode() + block + b"\r\n\r\n", 6, mtime=0)


def digest(content: bytes) -> str:
    """Return the digest as archives write it: ``sha1:`` and base32."""
    return "sha1:" + base64.b32encode(hashlib.sha1(content).digest()).decode()


def main(arguments: list[str]) -> int:
    """Build the archive of the sites named (of all without a name) from tests/pages and tests/fixtures."""
    if not arguments:
        print("usage: python -m tests.portal.archive OUT.warc.gz [SITE...]", file=sys.stderr)
        return 2
    pages = write.read_pages(*arguments[1:])
    if not pages:
        print(f"no fixtures of {', '.join(arguments[1:]) or 'any site'} in {write.PAGES}", file=sys.stderr)
        return 1
    count = write_warc(Path(arguments[0]), pages)
    print(f"{arguments[0]}: {count} responses")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

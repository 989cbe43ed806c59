"""The portal that the other tests take apart: its fixtures are what the builders make, and are as their truth says."""

from __future__ import annotations

import gzip

import pytest

from tests.portal import write

PAGES = {page.name: page for page in write.all_pages()}


@pytest.mark.parametrize("name", PAGES)
def test_files_on_disk_are_what_the_builder_makes(name: str) -> None:
    """Each fixture's three files equal, byte for byte, what its builder gives; nothing was edited by hand."""
    folder = write.FIXTURES / name
    made = dict(write.files(PAGES[name]))
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    # gzip's own bytes may differ between zlib builds; what is packed may not
    assert gzip.decompress(found.pop("page.html.gz")) == gzip.decompress(made.pop("page.html.gz"))
    assert found == made

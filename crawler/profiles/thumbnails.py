"""The original behind a thumbnail: what a profile knows of its image hosts."""

from __future__ import annotations

from crawler.page.urls import host, original_image
from crawler.profiles.model import Site
from crawler.profiles.patterns import first_group


def original(url: str, site: Site) -> str:
    """Return the address of the image that the thumbnail at `url` was made of; `url` itself where it is none."""
    path = site.proxy_paths.get(host(url)) if site.proxy_paths else None
    if path is not None:
        scheme, _, rest = url.partition("://")
        inner = first_group(path, "/" + rest.partition("/")[2])
        if inner:
            url = f"{scheme}://{inner}"
    return original_image(url, site.proxies)

"""The original behind a thumbnail: what a profile knows of its image hosts."""

from __future__ import annotations

from crawler.page.urls import host, original_image
from crawler.profiles.model import Site
from crawler.profiles.patterns import first_group


def original(url: str, site: Site) -> str:
    """Return the address of the image that the thumbnail at `url` was made of; `url` itself where it is none."""
    authority = url.split("/", 3)[2:3]
    if authority and authority[0].islower() and not (authority[0] in site.proxies or authority[0] in site.proxy_paths):
        return url  # the usual case, told without taking the URL apart
    path = site.proxy_paths.get(host(url)) if site.proxy_paths else None
    if path is not None:
        scheme, _, rest = url.partition("://")
        inner = first_group(path, "/" + rest.partition("/")[2])
        if inner:
            url = f"{scheme}://{inner}"
    return original_image(url, site.proxies)

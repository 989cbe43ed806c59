"""Finds the original image of a thumbnail with the profile's rules for image hosts."""

from __future__ import annotations

from ..page.urls import original_image
from .model import Site
from .patterns import first_group


def original(url: str, site: Site) -> str:
    """Return the URL of the original of the thumbnail at `url`, or `url` itself if it is not a thumbnail."""
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    shape = site.proxy_paths.get(authority)
    if shape is not None:
        inner = first_group(shape, "/" + path)
        return original_image(f"{scheme}://{inner}" if inner else url, site.proxies)
    # compared literally: profiles write hosts in lower case, and so do pages
    return original_image(url, site.proxies) if authority in site.proxies else url

"""The original behind a thumbnail: what a profile knows of its image hosts."""

from __future__ import annotations

from crawler.page.urls import original_image
from crawler.profiles.model import Site
from crawler.profiles.patterns import first_group


def original(url: str, site: Site) -> str:
    """Return the address of the image that the thumbnail at `url` was made of; `url` itself where it is none."""
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    shape = site.proxy_paths.get(authority)
    if shape is not None:
        inner = first_group(shape, "/" + path)
        return original_image(f"{scheme}://{inner}" if inner else url, site.proxies)
    # told by the host as it stands: a profile names hosts in lower case, and so do the pages
    return original_image(url, site.proxies) if authority in site.proxies else url

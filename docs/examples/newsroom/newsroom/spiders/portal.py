"""The whole crawl of a site, with a change."""

from portalsieve.spiders.portal import PortalSpider


class NeteaseSpider(PortalSpider):
    """Crawls NetEase as `portalsieve crawl netease` does; items get the section first."""

    name = "portal"
    profile_name = "netease"

    def item(self, record):
        """Return what pipelines and feeds get."""
        return {"desk": record["articleSection"] or "general", **record}

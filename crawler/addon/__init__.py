"""portalsieve in another Scrapy project: an add-on, records from responses, records as items.

    ADDONS = {"portalsieve.addon.PortalsieveAddon": 300}

lets a callback yield what `record_from(response)` returns, and with scrapy-poet ask for a `Record` as an argument.
`portalsieve.spiders.portal.PortalSpider` is the whole crawl as a spider class to subclass.
"""

from .items import RecordAdapter
from .project import PortalsieveAddon
from .response import record_from

__all__ = ["PortalsieveAddon", "RecordAdapter", "record_from"]

"""A pipeline that works for any item: here for records, and for dicts."""

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem

SHORTEST = 40


class LongReads:
    """Keeps articles with a body worth reading."""

    def process_item(self, item):
        """Return the item, or drop it."""
        if len(ItemAdapter(item)["articleBody"] or "") < SHORTEST:
            raise DropItem("too short")
        return item

"""Settings of the project."""

BOT_NAME = "newsroom"
SPIDER_MODULES = ["newsroom.spiders"]
ROBOTSTXT_OBEY = True

# The one line. The second add-on is only needed for callbacks that ask for a Record.
ADDONS = {"portalsieve.addon.PortalsieveAddon": 300, "scrapy_poet.Addon": 400}

ITEM_PIPELINES = {"newsroom.pipelines.LongReads": 300}
FEEDS = {"articles.jsonl": {"format": "jsonlines", "overwrite": True}}

"""Where pages come from: the network by Scrapy, politely, or an archive."""

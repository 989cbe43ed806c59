"""Scrapy's settings for this project: polite to sites, closed to what a page might ask for, quiet in a terminal.

Each can be set for one run with `-s NAME=VALUE`. Ours begin with PORTALSIEVE_; an unknown one or an unusable value
stops the run before anything is fetched. A site's own delay and concurrency stand in its profile and win over these.
"""

from pathlib import Path

from crawler import __version__

_ROOT = Path(__file__).resolve().parent.parent

# --- Ours -------------------------------------------------------------------------------------------------------------

# Who is asking: a mail address or a web page; it goes into the user agent, so that a site's people can reach you.
PORTALSIEVE_CONTACT = ""
# How much of the chrome goes out: full, items (lists without their text) or none.
PORTALSIEVE_CHROME = "full"
# Where records, quarantine and runs are written: beside the code in a checkout, else where the command is run.
PORTALSIEVE_OUTPUT = str(_ROOT / "output") if (_ROOT / "scrapy.cfg").exists() else "output"
# The store of frontier and records; None: store.sqlite in the output folder.
PORTALSIEVE_STORE = None
# A run in which more than this percentage of at least 20 pages failed or were quarantined has failed; 100: never.
PORTALSIEVE_MAX_FAILED = 5
# A crawl pauses while less than so many MiB are free on the store's disk.
PORTALSIEVE_MIN_FREE = 500
# Seconds until a page is tried for the second time; twice as many before each further try, unless the server says when.
PORTALSIEVE_RETRY_DELAY = 10
# Keep text in CSV files that a spreadsheet may run as a formula (=…, +…, -…, @…); else such a cell begins with '.
PORTALSIEVE_CSV_FORMULAS = False
# What one page of an archive may cost: CPU seconds and MiB of memory, 0 for no limit. A page that costs more is
# quarantined as too_costly. PORTALSIEVE_PAGE_PROCESS holds a crawl's pages to that too, in a process of their own.
PORTALSIEVE_PAGE_SECONDS = 5
PORTALSIEVE_PAGE_MEMORY = 1024
PORTALSIEVE_PAGE_PROCESS = False
# Addresses that are connected to though they are not public or the port is not the profile's: ADDRESS[/BITS][:PORT],
# with commas between several. For sites of one's own, as in tests: 127.0.0.1 lets a crawl fetch from this machine.
PORTALSIEVE_OPEN_ADDRESSES = ""
# The browser that renders pages which need one ([render] in the profile): Chromium's program, None to look for it, and
# how many pages it renders at once; 0: none, such pages wait.
PORTALSIEVE_CHROMIUM = None
PORTALSIEVE_RENDER_PAGES = 4
# The folder with a folder for each site; None: the profiles that ship with the project.
PORTALSIEVE_PROFILES = None

# --- The project ------------------------------------------------------------------------------------------------------

BOT_NAME = "portalsieve"
# A spider for each profile folder; there are no spider modules to look through.
SPIDER_LOADER_CLASS = "crawler.spiders.loader.ProfileSpiderLoader"
SPIDER_MODULES: list[str] = []
COMMANDS_MODULE = "crawler.commands"

# --- Polite -----------------------------------------------------------------------------------------------------------

# Honest: name and version, and the contact once it is set.
USER_AGENT = f"portalsieve/{__version__}"
# The library's own default is to ignore it.
ROBOTSTXT_OBEY = True
# One request a host at a time, a second apart.
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0
# Exactly that far apart: the default draws half of the delay too little half of the time.
DOWNLOAD_DELAY_JITTER = 0.0
# Enough for the hosts of one site side by side.
CONCURRENT_REQUESTS = 16
# Three more tries for what may pass by itself, then a dead row. 403 is what portals answer to those who ask too fast.
RETRY_TIMES = 3
RETRY_HTTP_CODES = [403, 408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524]
# A page that takes longer than this is down, and Ctrl-C waits no longer than that; the default is three minutes.
DOWNLOAD_TIMEOUT = 25
# A name that cannot be looked up is told as such before that; the default is a minute.
DNS_TIMEOUT = 10
# Articles move once or twice; the default follows twenty times.
REDIRECT_MAX_TIMES = 5
# The page that links is told on its own host only.
REFERRER_POLICY = "same-origin"
# What the pages are in.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
}

# --- Closed -----------------------------------------------------------------------------------------------------------

# A page is no reason to read local files or other protocols.
DOWNLOAD_HANDLERS = {
    # Each request waits for its host's turn, which the store gives.
    "http": "crawler.fetch.pace.PacedHandler",
    "https": "crawler.fetch.pace.PacedHandler",
    "file": None,
    "ftp": None,
    "data": None,
    "s3": None,
}
# A larger page is none, before and after decompression (the limits of crawler/page are checked again before a parse).
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# The library's own default accepts any certificate.
DOWNLOAD_VERIFY_CERTIFICATES = True
# Local servers that run Python for whoever connects.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# Portals give their pages without; and Scrapy's cookies make tldextract fetch a list from the network.
COOKIES_ENABLED = False

# --- Only what is in use ----------------------------------------------------------------------------------------------

# All of these cost time on every page. Statuses go to the spider, so that a failed page is told, never dropped.
DOWNLOADER_MIDDLEWARES = {
    "crawler.fetch.onsite.OnSiteMiddleware": 50,
    "crawler.fetch.robots.RobotsMiddleware": 100,
    "crawler.fetch.whole.WholeMiddleware": 590,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
}
SPIDER_MIDDLEWARES = {
    # Last before the spider: what it gives is settled before anything else sees it.
    "crawler.spiders.scheduler.SettleMiddleware": 950,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
EXTENSIONS = {
    # Publishes output/ from the store when the run is over; Scrapy's own feed exports (-o, -O) go on beside it.
    "crawler.spiders.output.RunOutput": 0,
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
    "scrapy.extensions.memdebug.MemoryDebugger": None,
    "scrapy.extensions.spiderstate.SpiderState": None,
    "scrapy.extensions.throttle.AutoThrottle": None,
}
# The spider asks for each article once by its id, which no fingerprint of a URL can tell.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
# The frontier is in the store.
SCHEDULER = "crawler.spiders.scheduler.StoreScheduler"
# The default makes a hundred tasks for every response; a page gives one record.
CONCURRENT_ITEMS = 8
# Else the callback's source is parsed again for every response, a twentieth of a page's time.
WARN_ON_GENERATOR_RETURN_VALUE = False

# --- Told to people ---------------------------------------------------------------------------------------------------

# Chinese text as it is, not as escapes.
FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORTERS = {"csv": "crawler.spiders.feeds.CsvExporter"}
# What went wrong; the run's table says the rest. `-L INFO` shows each page.
LOG_LEVEL = "WARNING"
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

"""Scrapy's settings for this project: polite to sites, safe against hostile pages, quiet in a terminal.

Each can be set for one run with `-s NAME=VALUE`. The project's own begin with PORTALSIEVE_; an unknown one
or an invalid value stops the run before anything is fetched. Delay and concurrency in a site's profile override these.
"""

from pathlib import Path

from . import __version__

_ROOT = Path(__file__).resolve().parent.parent
_HERE = __package__  # the package is `crawler` in a checkout, `portalsieve` when it is installed

# --- Own --------------------------------------------------------------------------------------------------------------

# Your e-mail address or web page; it becomes part of the user agent, so that site owners can reach you.
PORTALSIEVE_CONTACT = ""
# How much of the chrome is written: full, items (lists without their text) or none.
PORTALSIEVE_CHROME = "full"
# Where records, quarantine and runs are written: next to the code in a checkout, else in the current directory.
PORTALSIEVE_OUTPUT = str(_ROOT / "output") if (_ROOT / "scrapy.cfg").exists() else "output"
# The store of frontier and records: a file, or a PostgreSQL database that several machines share, such as
# postgresql://USER@HOST/DATABASE; None: store.sqlite in the output folder.
PORTALSIEVE_STORE = None
# Seconds after which the pages of a process that gives no sign of life go to the others that share a database.
PORTALSIEVE_LEASE = 30
# Seconds for which a crawl waits when its database restarts or the connection is cut; 0: it ends at once.
PORTALSIEVE_STORE_WAIT = 300
# A run fails if more than this percentage of at least 20 pages failed or were quarantined; 100: never.
PORTALSIEVE_MAX_FAILED = 5
# A crawl pauses while less than this many MiB are free on the store's disk.
PORTALSIEVE_MIN_FREE = 500
# Seconds before the first retry, doubled for each further one, unless the server sends Retry-After.
PORTALSIEVE_RETRY_DELAY = 10
# Keep text in CSV files that a spreadsheet may run as a formula (=…, +…, -…, @…); else such a cell begins with '.
PORTALSIEVE_CSV_FORMULAS = False
# Limits for one page of an archive: CPU seconds and MiB of memory, 0 for no limit. A page over a limit is
# quarantined as too_costly. PORTALSIEVE_PAGE_PROCESS applies them to a crawl's pages too, in a separate process.
PORTALSIEVE_PAGE_SECONDS = 5
PORTALSIEVE_PAGE_MEMORY = 1024
PORTALSIEVE_PAGE_PROCESS = False
# Allowed addresses that are not public, or whose port is not in the profile: ADDRESS[/BITS][:PORT], separated by
# commas. For your own sites, as in tests: 127.0.0.1 lets a crawl fetch from this machine.
PORTALSIEVE_OPEN_ADDRESSES = ""
# The browser that renders pages which need one ([render] in the profile): Chromium's program, None to look for it, and
# how many pages it renders at once; 0: none, such pages wait.
PORTALSIEVE_CHROMIUM = None
PORTALSIEVE_RENDER_PAGES = 4
# How many pages of a run are explained for its report: some of each failure, and some with much unclaimed text.
PORTALSIEVE_EXPLAINED = 12
# Folders of your own with a folder for each site, as a list or separated as in PATH; they count before the profiles of
# installed distributions and those that ship with the project. None: the environment variable of this name, else
# site_profiles/ in the current directory if there is one.
PORTALSIEVE_PROFILES = None
# Whether the installed profiles are used as well. None: the environment variable of this name, else yes.
PORTALSIEVE_SHIPPED_PROFILES = None

# --- The project ------------------------------------------------------------------------------------------------------

BOT_NAME = "portalsieve"
# Spiders are created from profile folders, not found in modules.
SPIDER_LOADER_CLASS = f"{_HERE}.spiders.loader.ProfileSpiderLoader"
SPIDER_MODULES: list[str] = []
COMMANDS_MODULE = f"{_HERE}.commands"

# --- Polite -----------------------------------------------------------------------------------------------------------

# Name and version, and the contact if it is set.
USER_AGENT = f"portalsieve/{__version__}"
# Scrapy's own default is to ignore it.
ROBOTSTXT_OBEY = True
# One request per host at a time, one second apart.
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0
# Exact delays: by default they vary between half and one and a half times the delay.
DOWNLOAD_DELAY_JITTER = 0.0
# Enough for the hosts of one site in parallel.
CONCURRENT_REQUESTS = 16
# Three retries for transient failures, then the page is dead. Portals respond with 403 to requests that are too fast.
RETRY_TIMES = 3
RETRY_HTTP_CODES = [403, 408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524]
# Seconds for a complete response, and the longest that Ctrl-C waits; the default is three minutes.
DOWNLOAD_TIMEOUT = 25
# DNS failures are reported sooner than that; the default is a minute.
DNS_TIMEOUT = 10
# Articles move once or twice; the default follows twenty times.
REDIRECT_MAX_TIMES = 5
# The referrer is sent to its own host only.
REFERRER_POLICY = "same-origin"
# The pages' formats and languages.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
}

# --- Closed -----------------------------------------------------------------------------------------------------------

# Pages must not lead to local files or other protocols.
DOWNLOAD_HANDLERS = {
    # Each request waits for its host's turn, which is kept in the store.
    "http": f"{_HERE}.fetch.pace.PacedHandler",
    "https": f"{_HERE}.fetch.pace.PacedHandler",
    "file": None,
    "ftp": None,
    "data": None,
    "s3": None,
}
# Larger responses are rejected, before and after decompression (crawler/page checks its limits again before a parse).
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# Scrapy's own default accepts any certificate.
DOWNLOAD_VERIFY_CERTIFICATES = True
# Local servers that would run Python for anybody who connects.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# Portals serve pages without cookies, and Scrapy's cookies make tldextract fetch a list from the network.
COOKIES_ENABLED = False

# --- Only what is in use ----------------------------------------------------------------------------------------------

# Disabled ones cost time on every page. All statuses reach the spider, so failed pages are reported, never dropped.
DOWNLOADER_MIDDLEWARES = {
    f"{_HERE}.fetch.onsite.OnSiteMiddleware": 50,
    f"{_HERE}.fetch.robots.RobotsMiddleware": 100,
    f"{_HERE}.fetch.whole.WholeMiddleware": 590,
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
    # Last before the spider: its output is settled before anything else sees it.
    f"{_HERE}.spiders.scheduler.SettleMiddleware": 950,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
EXTENSIONS = {
    # Publishes output/ from the store at the end of the run; Scrapy's own feed exports (-o, -O) work as well.
    f"{_HERE}.spiders.output.RunOutput": 0,
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
    "scrapy.extensions.memdebug.MemoryDebugger": None,
    "scrapy.extensions.spiderstate.SpiderState": None,
    "scrapy.extensions.throttle.AutoThrottle": None,
}
# The frontier removes duplicates by article id, which a fingerprint of a URL cannot do.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
# The frontier is in the store.
SCHEDULER = f"{_HERE}.spiders.scheduler.StoreScheduler"
# The default creates a hundred tasks for every response; a page yields one record.
CONCURRENT_ITEMS = 8
# Otherwise the callback's source is parsed again for every response, a twentieth of a page's time.
WARN_ON_GENERATOR_RETURN_VALUE = False

# --- Output ----------------------------------------------------------------------------------------------------------

# Chinese text as such, not as escapes.
FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORTERS = {"csv": f"{_HERE}.spiders.feeds.CsvExporter", "parquet": f"{_HERE}.spiders.feeds.ParquetExporter"}
# Only problems; the run's table has the rest. `-L INFO` shows each page.
LOG_LEVEL = "WARNING"
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

"""portalsieve: splits a page of a news portal into the article and its labelled chrome."""

from .errors import Failure, PageRefused, PortalsieveError, ProfileInvalid, Quarantined
from .extract import extract
from .records.model import Record
from .records.read import read_records
from .records.tables import read_table

__version__ = "0.1.0"

__all__ = [
    "Failure",
    "PageRefused",
    "PortalsieveError",
    "ProfileInvalid",
    "Quarantined",
    "Record",
    "__version__",
    "extract",
    "read_records",
    "read_table",
]

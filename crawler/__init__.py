"""portalsieve: takes a page of a news portal apart, the article on one side, the portal's chrome on the other."""

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

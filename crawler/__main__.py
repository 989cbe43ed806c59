"""`python -m crawler …`: Scrapy's command line in this project, wherever it is called from."""

from __future__ import annotations

import os
import sys


def main(arguments: list[str] | None = None) -> None:
    """Run Scrapy's command line with this project's settings; ends by SystemExit."""
    os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "crawler.settings")
    from scrapy.cmdline import execute  # noqa: PLC0415 - it reads the environment

    sys.argv = ["scrapy", *(sys.argv[1:] if arguments is None else arguments)]  # its messages name it by this
    execute()


if __name__ == "__main__":
    main()

"""The project's own pytest plugin, which makes tests of the folders in tests/fixtures."""

import gc
import os
import sys

# The tests start some two hundred processes. Where the environment forbids bytecode, each would compile all that it
# imports: 1.8 s of CPU in place of 0.7.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["crawler.regression.pytest_plugin"]

# Collecting the tests makes a million objects that stay; looking for garbage among them takes a third of it.
gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage in what the tests make, not among the tests."""
    gc.freeze()
    gc.enable()

"""The project's own pytest plugin, which makes tests of the folders in tests/fixtures."""

import os
import sys

# The tests start some two hundred processes. Where the environment forbids bytecode, each would compile all that it
# imports: 1.8 s of CPU in place of 0.7.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["crawler.regression.pytest_plugin"]

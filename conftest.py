"""The project's own pytest plugin, which makes tests of the folders in tests/fixtures."""

pytest_plugins = ["crawler.regression.pytest_plugin"]

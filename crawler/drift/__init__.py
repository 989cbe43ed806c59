"""Layout drift: what changed on a site's pages, since when, and which rules miss because of it."""

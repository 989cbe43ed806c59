"""Kill trials: crawls of a local site that are killed over and over, and must give what an unkilled crawl gives."""

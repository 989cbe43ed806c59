"""What is known of each site, as data: loaded, checked, chosen by URL and by the page's own evidence."""

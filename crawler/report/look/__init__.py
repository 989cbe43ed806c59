"""What the HTML files that people open have in common: one self-contained file, one look, safe whatever it shows."""

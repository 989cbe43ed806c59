"""Reading WARC archives: framing, payloads, and records, with damaged ones reported and skipped."""

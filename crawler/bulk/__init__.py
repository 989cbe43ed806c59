"""Many pages of many archives: over several processes, in the order of the input, resumable."""

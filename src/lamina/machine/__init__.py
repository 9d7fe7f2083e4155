"""The machine below: where to compute, files that are whole or absent, the cache."""

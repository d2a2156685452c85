"""The embedder that comes along, as files: what app and trainer must read in the same way."""

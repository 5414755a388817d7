"""From an export to train, valid and test: ingest, clean, pair, split."""

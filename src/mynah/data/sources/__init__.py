"""Sources: one file a format, each with `sniff` and `read`; found by its file name."""

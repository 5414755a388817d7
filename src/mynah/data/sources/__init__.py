"""Sources: one file or folder a format, each with `sniff` and `read`; found by its name."""

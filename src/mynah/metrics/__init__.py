"""One file a metric: what each case adds to the sum, and what figure the sum makes."""

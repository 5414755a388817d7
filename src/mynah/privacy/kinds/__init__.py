"""One file a kind of personal data; the file name is the user's word, as in `--set pseudonymize.keep=[phone]`."""

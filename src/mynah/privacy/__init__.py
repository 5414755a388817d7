"""Personal data: what it is in a text (`find`, `kinds`, `people`), and what stands for it (`pseudonyms`)."""

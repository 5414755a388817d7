"""Ship: take a bot elsewhere, and prove that the copy talks like the original."""

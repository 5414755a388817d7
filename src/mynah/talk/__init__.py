"""Talk: a bot is a run with decoding, memory and a persona. What people meet."""

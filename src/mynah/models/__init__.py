"""Load a base, attach an adapter, render turns, reply."""

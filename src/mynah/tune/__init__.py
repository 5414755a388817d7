"""Train an adapter."""

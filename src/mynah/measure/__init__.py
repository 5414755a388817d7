"""Measure: how much better the tuned bot says what the persona really said."""

"""One file an engine: something that replies. See CONTRIBUTING.md.

`Engine(base, trained)` has `replies(prompts, decoding) -> texts as bubbles` and `stream(turns, system, decoding)`.
"""

"""One file a memory: `remember(state, turn)` keeps, `recall(state) -> turns` gives what the model sees.
See CONTRIBUTING.md.
"""

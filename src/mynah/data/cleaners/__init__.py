"""One file a reason to drop a message: `find(messages) -> indices`. See CONTRIBUTING.md."""

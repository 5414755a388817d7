"""One file a method: what a batch is and what the loss is, over the trainer of a library. See CONTRIBUTING.md."""

"""Mynah turns chats into a bot that talks like the people in them, on their own machine."""

import os

# Nothing leaves the machine: the libraries that would report their use read this when they are imported.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

"""Mynah turns chats into a bot that talks like the people in them, on their own machine."""

import logging
import os

from mynah.core import processor

# Nothing leaves the machine: the libraries that would report their use read this when they are imported.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

# It warns of a kernel that speeds up 4-bit inference on some CPUs, which it would download.
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)

# A virtual machine may announce what its processor does not do; torch believes it.
processor.without_void_amx()

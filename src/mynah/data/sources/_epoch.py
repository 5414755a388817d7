"""Times that are counted from the beginning of 1970, in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

START = datetime(1970, 1, 1)


def seconds(value: Any) -> datetime | None:
    """The time so many seconds after the start, or None. The number may be written as a text."""
    return _after(value, timedelta(seconds=1))


def milliseconds(value: Any) -> datetime | None:
    """The time so many milliseconds after the start, or None. The number may be written as a text."""
    return _after(value, timedelta(milliseconds=1))


def _after(value: Any, unit: timedelta) -> datetime | None:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        return START + int(value) * unit
    except (ValueError, OverflowError):
        return None

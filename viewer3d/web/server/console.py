"""Say on the standard streams where a page is and why it ends, open it in a browser, and read times."""

from __future__ import annotations

import re
import sys
import threading
import webbrowser
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Final

from viewer3d.core.text import printable
from viewer3d.errors import WebError

_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
"""Seconds of the units that a time is given in."""

_TEXT_BROWSERS: Final = frozenset(("www-browser", "links", "elinks", "lynx", "w3m"))
"""Browsers of a terminal that :mod:`webbrowser` knows: they show no picture, and take the terminal."""


def parse_idle(text: float | str | None) -> float | None:
    """Return the seconds of a time as ``30m``, ``8h`` or ``2d``; None for ``none``.

    Raises
    ------
    WebError
        When it is no time above 0.
    """
    if text is None or str(text).strip().lower() == "none":
        return None
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([smhd]?)", str(text).strip().lower())
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not (seconds > 0 and isfinite(seconds)):
        raise WebError(f"--idle {str(text)!r}: expected a time as 30m, 8h or 2d, or none for never")
    return seconds


def duration_words(seconds: float) -> str:
    """Spell a time as a person would: ``8 hours``."""
    for unit, words in (("d", "days"), ("h", "hours"), ("m", "minutes")):
        count = seconds / _UNITS[unit]
        if count >= 1 and count == round(count):
            return f"{count:.0f} {words if count > 1 else words[:-1]}"
    return f"{seconds:g} seconds" if seconds != 1 else "1 second"


def open_page(url: str) -> str:
    """Open a URL in the browser of this machine, beside; return why there is none, else nothing."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return "no browser was found on this machine"
    name = Path(str(getattr(browser, "name", ""))).name
    if name in _TEXT_BROWSERS:
        return f"{name} shows no pictures"

    def run() -> None:
        """Start it: some return when they are closed."""
        is_open = False
        with suppress(Exception):
            is_open = browser.open(url, new=2)
        if not is_open:
            print_remark("the browser did not start: open the URL yourself")

    threading.Thread(target=run, name="viewer3d-browser", daemon=True).start()
    return ""


def print_url(text: str) -> bool:
    """Print a line on standard output and return whether there is one."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):  # full, closed, or none
        return False
    return True


def print_remark(text: str) -> None:
    """Print a line on standard error, where there is one."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"viewer3d: {printable(text)}\n")
        sys.stderr.flush()

"""What help, palette and panel must know of the screen that a viewer is shown on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class ScreenTraits:
    """What help, palette and panel must know of a screen.

    Attributes
    ----------
    in_browser : bool
        Whether it is shown in a browser.
    opens_places : bool
        Whether other folders and files can be opened on it.
    closes_by_keys : bool
        Whether keys close it.
    """

    in_browser: bool = False
    opens_places: bool = True
    closes_by_keys: bool = True


ON_DESKTOP: Final = ScreenTraits()
"""A window on the desktop of this machine."""

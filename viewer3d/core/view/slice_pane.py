"""Zoom, pan and turn of a slice pane."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from viewer3d.core.vectors import LARGEST_MM, is_near
from viewer3d.errors import ViewError

ZOOM_LIMITS: Final = (1e-3, 1e4)
"""Least and most a pane may be zoomed."""

QUARTERS: Final = 4
"""Quarter turns in a whole one."""

LATER_PANE_FIELDS: Final = {"turned": 9, "mirrored": 9}
"""Fields that came after version 3 of a state, and are written where they are not at their defaults."""


@dataclass(frozen=True)
class SlicePane:
    """Zoom and pan of one slice pane, and how it is turned.

    Attributes
    ----------
    zoom : float
        1 fits the whole volume in the pane; 2 shows it twice as large.
    pan : tuple of float
        The world point in the pane's middle, less the centre of the volume, in mm along the right and down of the plane
        as it lies unturned: a turn leaves in the middle what is there.
    turned : int
        Quarter turns clockwise, 0 to 3.
    mirrored : bool
        Whether what comes of that is seen with left and right exchanged, as in a mirror.
    """

    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)
    turned: int = 0
    mirrored: bool = False

    @property
    def is_unturned(self) -> bool:
        """True when the plane is seen as usual, neither turned nor mirrored."""
        return self.turned == 0 and not self.mirrored

    @property
    def turn_text(self) -> str:
        """How it is turned, in words: ``"turned 90 degrees and mirrored"``; empty where it is not."""
        return turn_text(self.turned, mirrored=self.mirrored)

    def unturned(self) -> SlicePane:
        """Return the pane neither turned nor mirrored."""
        return replace(self, turned=0, mirrored=False)

    def __post_init__(self) -> None:
        if not (ZOOM_LIMITS[0] <= self.zoom <= ZOOM_LIMITS[1] and is_near(self.pan)):
            raise ViewError(
                f"pane with zoom {self.zoom} and pan {self.pan}: give a zoom from {ZOOM_LIMITS[0]:g} to "
                f"{ZOOM_LIMITS[1]:g}, and mm up to {LARGEST_MM:g}"
            )
        if self.turned not in range(QUARTERS) or not isinstance(self.mirrored, bool):
            raise ViewError(
                f"pane turned {self.turned!r}, mirrored {self.mirrored!r}: give 0 to 3 quarter turns, and True or False"
            )


def turn_text(turned: int, *, mirrored: bool) -> str:
    """Write how what is turned and mirrored is seen: ``"turned 90 degrees"``; empty for neither."""
    return " and ".join([f"turned {90 * turned} degrees"] * (turned > 0) + ["mirrored"] * mirrored)

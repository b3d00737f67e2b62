"""The screen of a viewer in a notebook: the cells that it is displayed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.panes import Rect
from viewer3d.web.screen import WebScreen

LEAVE = "leave"
"""The message that tells a cell to give the keys back to the notebook: another than a page has."""


class NotebookScreen(WebScreen):
    """Shows the picture in cells of a notebook, whose kernel is the person's own.

    Parameters
    ----------
    size : tuple of int
        Width and height before a cell has told its own.

    Attributes
    ----------
    after_show : callable
        Is called when something was shown: what a cell that runs has drawn itself is sent at once.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__(size)
        self.after_show: Callable[[], object] = lambda: None

    def show(self, picture: NDArray[np.uint8], rects: Iterable[Rect], left: int = 0, *, is_more: bool = False) -> None:
        """Keep parts of the picture, and tell who sends them."""
        super().show(picture, rects, left, is_more=is_more)
        self.after_show()

    def request_events(self) -> None:
        """Have the kernel's event loop process events soon; any thread may ask."""
        self.wake()

    @property
    def opens_places(self) -> bool:
        """Whether who sees it may open folders: they are read by the person's own kernel."""
        return True

    @property
    def how_to_close(self) -> str:
        """How a person closes it."""
        return "clear the cell's output, or call close() of the viewer"

    def release_keys(self) -> None:
        """Have the cell that has acted last give the keys back to the notebook."""
        self._send_to_actor({"t": LEAVE})

    def close(self, why: str = "the viewer was closed: run the cell again to make another") -> None:
        """Close it and say so in the cells."""
        super().close(why)

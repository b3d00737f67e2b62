"""Begin on a phone with the picture alone, for four panes and a panel are too small there."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from viewer3d.app.browser import Browser
from viewer3d.app.how_opened import plane_of_images
from viewer3d.app.on_screen import panel_of
from viewer3d.app.show import viewer_of
from viewer3d.app.viewer import Viewer
from viewer3d.core.images.image2d import flat_of
from viewer3d.core.view.planes import PANES, View
from viewer3d.core.view.state import ViewState
from viewer3d.web.screen import WebScreen

PHONE_WIDTH: Final = 500
"""Points along the shorter side of a phone's page, below which it is: the largest phones have 440."""

PHONE_LENGTH: Final = 960
"""Points along its longer side, below which it is: the largest phones have 956; a low window of a desktop is wider."""


def is_phone(size: tuple[int, int]) -> bool:
    """Return whether a page of a width and height in points is that of a phone.

    Examples
    --------
    >>> is_phone((390, 844)), is_phone((844, 390)), is_phone((1024, 768))
    (True, True, False)
    """
    return min(size) < PHONE_WIDTH and max(size) < PHONE_LENGTH


class PhoneFit:
    """Hides the panel and enlarges one pane of what is first seen on a phone; buttons bring them back.

    Parameters
    ----------
    source : Viewer or Browser
    screen : WebScreen
    """

    def __init__(self, source: Viewer | Browser, screen: WebScreen) -> None:
        self._source, self._screen = source, screen
        self._fitted: tuple[bool, int, int] | None = None

    def fit(self) -> None:
        """Do so once for each series, as soon as a page has told its size."""
        source = self._source
        viewer, panel = viewer_of(source), source if isinstance(source, Browser) else panel_of(source)
        if panel is None or not self._screen.is_sized:
            return
        is_loading = isinstance(source, Browser) and source.is_loading
        seen = viewer is not None, panel.panel.count, panel.panel.opened
        if seen == self._fitted or (viewer is not None and is_loading):
            return
        self._fitted = seen
        if not is_phone(self._screen.size):
            return
        panel.panel = replace(panel.panel, is_wanted=False, has_keys=False)
        if viewer is not None and flat_of(viewer.volume) is None:
            viewer.state = with_one_pane(viewer.state, plane_of_images(viewer.volume))


def with_one_pane(state: ViewState, plane: View) -> ViewState:
    """Return a state with the pane of a plane enlarged, where its view has that among others and none is."""
    panes = PANES[state.view]
    if state.enlarged is not None or len(panes) < 2 or plane not in panes:
        return state
    return replace(state, enlarged=plane)

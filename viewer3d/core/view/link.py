"""What one view tells another beside it: where it cuts, how large it shows, its window, its time.

Several series side by side are several pairs of layers and a :class:`ViewState`, each drawn by a scene of its own in a
rectangle of its own; a link says what of the state that was changed goes over to the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import ZOOM_LIMITS, SlicePane, ViewState


@dataclass(frozen=True)
class Link:
    """What of a view goes over to the views that are linked with it.

    Attributes
    ----------
    place : bool
        Where slices cut: the cursor, oblique axes and the slab. The views must be of one frame of reference, else a
        place in one is none in the other.
    zoom : bool
        How large panes show and what is in their middle, and from where 3D is seen.
    window : bool
        The window of the base.
    time : bool
        The time of the base.

    Notes
    -----
    Views that are linked invite to compare numbers; :func:`viewer3d.compare_acquisitions` says what keeps those of
    their bases from being compared.
    """

    place: bool = True
    zoom: bool = True
    window: bool = False
    time: bool = False


def followed(other: ViewState, before: ViewState, after: ViewState, link: Link, members: int = 1) -> ViewState:
    """Return the state of a linked view after another view was changed.

    Only what was changed goes over. Zoom and pan go over as changes, since a zoom of 1 fits each volume in its pane:
    two views that show the same millimetres to a pixel go on doing so.

    Parameters
    ----------
    other : ViewState
        Of the linked view.
    before, after : ViewState
        Of the view that was changed.
    link : Link
    members : int
        How many times the base of the linked view has; of a later time it shows its last.
    """
    if link.place and (before.cursor, before.axes, before.slab) != (after.cursor, after.axes, after.slab):
        other = replace(other, cursor=after.cursor, axes=after.axes, slab=after.slab)
    if link.zoom:
        for plane in PLANES:
            was, now = before.slice_pane(plane), after.slice_pane(plane)
            if was != now:
                other = other.with_pane(plane, _moved(other.slice_pane(plane), was, now))
        if before.camera != after.camera:
            other = other.with_camera(after.camera)
    was_look, now_look = before.layers[0], after.layers[0]
    if link.window and was_look.window != now_look.window:
        other = other.with_look(0, window=now_look.window)
    if link.time and was_look.member != now_look.member:
        other = other.with_look(0, member=min(now_look.member, members - 1))
    return other


def _moved(pane: SlicePane, was: SlicePane, now: SlicePane) -> SlicePane:
    zoom = float(np.clip(pane.zoom * now.zoom / was.zoom, *ZOOM_LIMITS))
    right, down = np.add(pane.pan, np.subtract(now.pan, was.pan)).tolist()
    return SlicePane(zoom, (right, down))

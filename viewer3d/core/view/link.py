"""What one view tells another beside it: where it cuts, how large it shows, its window, its time.

Several series side by side are several pairs of layers and a :class:`ViewState`, each drawn by a scene of its own in a
rectangle of its own; a link says what of the state that was changed goes over to the others, and a passage by which
way: where a place of one is in the other, and how large panes of the other show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.planes import PLANES, PlaneName
from viewer3d.core.view.state import ZOOM_LIMITS, SlicePane, ViewState


@dataclass(frozen=True)
class Link:
    """What of a view goes over to the views that are linked with it.

    Attributes
    ----------
    place : bool
        Where slices cut: the cursor, oblique axes and the slab. A :class:`Passage` says where a place of one view is
        in the other; without one they must be of one frame of reference.
    zoom : bool
        How large panes show and what is in their middle, and from where 3D is seen.
    window : bool
        The window of the base.
    time : bool
        The time of the base.

    Notes
    -----
    Views that are linked invite to compare numbers; :func:`viewer3d.compare_acquisitions` says what keeps those of
    their bases from being compared, and the window says it when they are linked.
    """

    place: bool = True
    zoom: bool = True
    window: bool = False
    time: bool = False


FittedScale = Callable[[ViewState, PlaneName], float]
"""Takes a state and a slice pane of it; returns the mm of a pixel there at zoom 1."""


@dataclass(frozen=True, eq=False)
class LinkedVolume:
    """What linking asks of the base of a view.

    Attributes
    ----------
    geometry : Geometry
    fitted_scale : callable
        See :data:`FittedScale`; it depends on the size of the pane.
    members : int
        How many times the base has; of a later time it shows its last.
    """

    geometry: Geometry
    fitted_scale: FittedScale
    members: int = 1


@dataclass(frozen=True, eq=False)
class Passage:
    """The way from a view to one that is linked with it.

    Attributes
    ----------
    own, other : LinkedVolume
    shift : tuple of float, optional
        What leads from a place of the one to that of the other: mm to be added, LPS; none of them where both are in
        one world. None where nothing leads there: then zoom goes over in mm, pan as a change, and places do not.
        What is turned against the other has been placed in its world, see :func:`viewer3d.core.layers.place_layers`.
    """

    own: LinkedVolume
    other: LinkedVolume
    shift: Vector | None

    def place(self, world: ArrayLike) -> NDArray[np.float64]:
        """Return where a world point of the one is in the other, wherever the volume of that reaches.

        Parameters
        ----------
        world : array_like of shape (3,)
            LPS mm.

        Returns
        -------
        ndarray of float64, shape (3,)
            LPS mm; where nothing leads to the other, the same.
        """
        moved: NDArray[np.float64] = np.add(world, self.shift or (0.0, 0.0, 0.0))
        return moved


def cursor_bounds(geometry: Geometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest point (LPS mm, shape (3,)) for a cursor: the outer voxels' centres."""
    low, high = geometry.bounds
    half = np.array([geometry.step(plane.normal) / 2 for plane in sorted(PLANES.values(), key=lambda one: one.axis)])
    inset = np.minimum(half, (high - low) / 2)
    return low + inset, high - inset


def followed(
    other: ViewState,
    before: ViewState,
    after: ViewState,
    link: Link,
    members: int = 1,
    *,
    passage: Passage | None = None,
) -> ViewState:
    """Return the state of a linked view after another view was changed.

    Only what was changed goes over.

    Parameters
    ----------
    other : ViewState
        Of the linked view.
    before, after : ViewState
        Of the view that was changed.
    link : Link
    members : int
        How many times the base of the linked view has, where no passage says it.
    passage : Passage, optional
        From the view that was changed to the linked one. With it places go by its way and stay inside of
        the other volume, and panes that both show come to show the same mm to a pixel with the same place in their
        middle. Without it both are of one frame of reference, and zoom and pan go over as changes.
    """
    was_look, now_look = before.layers[0], after.layers[0]
    has_moved = (before.cursor, before.axes, before.slab) != (after.cursor, after.axes, after.slab)
    if link.place and has_moved:
        other = _placed(other, after, passage)
    if link.zoom:
        other = _zoomed(other, before, after, passage)
    if link.window and was_look.window != now_look.window:
        other = other.with_look(0, window=now_look.window)
    if link.time and was_look.member != now_look.member:
        count = members if passage is None else passage.other.members
        other = other.with_look(0, member=min(now_look.member, count - 1))
    return other


def aligned(other: ViewState, own: ViewState, link: Link, passage: Passage) -> ViewState:
    """Return the state of a view that begins to follow another: all that the link says goes over.

    Parameters
    ----------
    other, own : ViewState
        Of the view that follows, and of the one that it follows.
    link : Link
    passage : Passage
        From the one that is followed to the other.
    """
    if link.place and passage.shift is not None:
        other = _placed(other, own, passage)
    if link.zoom:
        for plane in _common_planes(own, other):
            other = other.with_pane(plane, _same_scale(other, own, plane, passage, None))
    return other


def _placed(other: ViewState, own: ViewState, passage: Passage | None) -> ViewState:
    if other.slab != own.slab:
        other = replace(other, slab=own.slab)
    if passage is None:
        return replace(other, cursor=own.cursor, axes=own.axes)
    if passage.shift is None:
        return other
    cursor = np.clip(passage.place(own.cursor), *cursor_bounds(passage.other.geometry))
    return replace(other, cursor=vector(cursor), axes=own.axes)


def _zoomed(other: ViewState, before: ViewState, after: ViewState, passage: Passage | None) -> ViewState:
    planes = tuple(PLANES) if passage is None else _common_planes(after, other)
    for plane in planes:
        was, now = before.slice_pane(plane), after.slice_pane(plane)
        if was != now:
            pane = other.slice_pane(plane)
            moved = _moved(pane, was, now) if passage is None else _same_scale(other, after, plane, passage, was)
            other = other.with_pane(plane, moved)
    if before.camera != after.camera:
        other = other.with_camera(after.camera if passage is None else _moved_camera(after.camera, passage))
    return other


def _common_planes(one: ViewState, other: ViewState) -> tuple[PlaneName, ...]:
    return tuple(plane for plane in PLANES if plane in one.panes and plane in other.panes)


def _moved(pane: SlicePane, was: SlicePane, now: SlicePane) -> SlicePane:
    # A zoom of 1 fits each volume in its pane: two views that show the same mm to a pixel go on doing so.
    zoom = float(np.clip(pane.zoom * now.zoom / was.zoom, *ZOOM_LIMITS))
    return replace(pane, zoom=zoom, pan=_added(pane.pan, was.pan, now.pan))


def _same_scale(
    other: ViewState, own: ViewState, plane: PlaneName, passage: Passage, was: SlicePane | None
) -> SlicePane:
    """Return the zoom and pan with which the other shows as many mm a pixel, its middle the same place.

    Where nothing leads there, the middle moves by as many mm as that of the one did.
    """
    pane, now = other.slice_pane(plane), own.slice_pane(plane)
    mm = passage.own.fitted_scale(own, plane) / now.zoom
    zoom = float(np.clip(passage.other.fitted_scale(other, plane) / mm, *ZOOM_LIMITS))
    if passage.shift is None:
        return replace(pane, zoom=zoom, pan=pane.pan if was is None else _added(pane.pan, was.pan, now.pan))
    right, down = (np.array(way, np.float64) for way in (own.plane(plane).right, own.plane(plane).down))
    # What lies along the normal is no part of a pan.
    away = passage.place(passage.own.geometry.center) - passage.other.geometry.center
    pan = now.pan[0] + float(away @ right), now.pan[1] + float(away @ down)
    return replace(pane, zoom=zoom, pan=pan)


def _added(pan: tuple[float, float], was: tuple[float, float], now: tuple[float, float]) -> tuple[float, float]:
    right, down = np.add(pan, np.subtract(now, was)).tolist()
    return right, down


def _moved_camera(camera: Camera, passage: Passage) -> Camera:
    """Return the camera that sees the same from the same side in the other world.

    Where nothing leads there, the centres of the two volumes are taken for one place.
    """
    shift: ArrayLike = np.subtract(passage.other.geometry.center, passage.own.geometry.center)
    if passage.shift is not None:
        shift = passage.shift
    position, focal_point = np.add(camera.position, shift), np.add(camera.focal_point, shift)
    return replace(camera, position=vector(position), focal_point=vector(focal_point))

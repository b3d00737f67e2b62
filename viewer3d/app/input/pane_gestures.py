"""What gestures do to how a slice pane shows its plane: turned, mirrored, one voxel a pixel."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from viewer3d.app.input.context import Context, EventPosition, Gesture
from viewer3d.app.input.slice_gestures import panned, plane_or_first
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.slice_pane import QUARTERS, ZOOM_LIMITS
from viewer3d.core.view.state import SlicePane, ViewState
from viewer3d.render.slices.slab import is_straight

SAME_SCALE: Final = 1e-6
"""Relative: zooms that differ by less are one."""


def turn_by(quarters: int) -> Gesture:
    """Return the gesture that turns the pane at the pointer, else the first, so many quarters clockwise.

    What fits the pane fits it turned; what is zoomed keeps its mm to a pixel.
    """

    def turn(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        plane = plane_or_first(state, position)
        if plane is None:
            return state
        pane = state.slice_pane(plane)
        # What is seen in a mirror turns the other way round.
        turned = (pane.turned + (-quarters if pane.mirrored else quarters)) % QUARTERS
        after = state.with_pane(plane, replace(pane, turned=turned))
        if pane.zoom == SlicePane().zoom or plane not in state.panes:
            return after
        scale = context.pane(after, plane).mm_per_pixel / context.pane(state, plane).mm_per_pixel
        zoom = float(np.clip(pane.zoom * scale, *ZOOM_LIMITS))
        return after.with_pane(plane, replace(after.slice_pane(plane), zoom=zoom))

    return turn


def mirror(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Exchange left and right of the pane at the pointer, else the first."""
    plane = plane_or_first(state, position)
    if plane is None:
        return state
    pane = state.slice_pane(plane)
    return state.with_pane(plane, replace(pane, mirrored=not pane.mirrored))


def voxel_zoom(state: ViewState, context: Context, plane: PlaneName) -> float:
    """Return the zoom at which a voxel of a plane is a pixel: the finer of its sides where it has two."""
    pane = context.pane(state, plane)
    finest = min(context.geometry.step(way) for way in (pane.plane.right, pane.plane.down))
    return float(np.clip(state.slice_pane(plane).zoom * pane.mm_per_pixel / finest, *ZOOM_LIMITS))


def toggle_voxel_zoom(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Show one voxel a pixel in the pane at the pointer, else the first; where that is so, fit the volume.

    The point under the pointer stays where it is, to half a pixel: pixels come to lie on the middles of voxels, so that
    nothing is interpolated where the plane lies along the grid and its voxels are square.
    """
    plane = plane_or_first(state, position)
    if plane is None:
        return state
    pane, zoom = state.slice_pane(plane), voxel_zoom(state, context, plane)
    if abs(pane.zoom - zoom) <= SAME_SCALE * zoom:
        return state.with_pane(plane, replace(pane, zoom=SlicePane().zoom, pan=SlicePane().pan))
    zoomed = state.with_pane(plane, replace(pane, zoom=zoom))
    if position.plane is not None:
        shift = context.to_world(state, position, plane) - context.to_world(zoomed, position, plane)
        zoomed = panned(zoomed, plane, shift)
    shown = context.pane(zoomed, plane)
    if not is_straight(context.geometry, shown.plane):
        return zoomed
    index = context.geometry.world_to_index(shown.origin)
    return panned(zoomed, plane, context.geometry.index_to_world(np.rint(index)) - shown.origin)

"""When what a binding does can be done: pure functions of the state and of what it is of."""

from __future__ import annotations

from collections.abc import Callable

from viewer3d.app.input.binding import When
from viewer3d.app.input.context import Context
from viewer3d.core.members import varying_dimensions
from viewer3d.core.view.planes import PANES, View
from viewer3d.core.view.state import ViewState


def all_of(*conditions: When) -> When:
    """Return the condition that several are met at once."""
    return lambda state, context: all(one(state, context) for one in conditions)


def view_among(*views: View) -> Callable[[ViewState], int | None]:
    """Return what tells which of some views a state has, from 0; None for another."""
    return lambda state: views.index(state.view) if state.view in views else None


def is_in_space(state: ViewState, context: Context) -> bool:
    """Return whether what is shown lies in space, and is no single image without planes."""
    return not context.is_flat


def has_3d(state: ViewState, context: Context) -> bool:
    """Return whether the 3D pane is seen."""
    return "3d" in state.panes


def has_slices(state: ViewState, context: Context) -> bool:
    """Return whether any slice is seen."""
    return any(pane != "3d" for pane in state.panes)


def has_panes_to_enlarge(state: ViewState, context: Context) -> bool:
    """Return whether the view has several panes, of which one can be enlarged or is."""
    return len(PANES[state.view]) > 1


def is_oblique(state: ViewState, context: Context) -> bool:
    """Return whether the planes are turned, in the patient or on the screen."""
    return state.is_oblique or state != state.unturned()


def has_layers(state: ViewState, context: Context) -> bool:
    """Return whether another volume lies over the base."""
    return len(state.layers) > 1


def has_regions(state: ViewState, context: Context) -> bool:
    """Return whether there are segmentations or structure sets."""
    return bool(state.regions)


def has_overlays(state: ViewState, context: Context) -> bool:
    """Return whether anything lies over the base: volumes, segmentations or structure sets."""
    return has_layers(state, context) or has_regions(state, context)


def has_graphics(state: ViewState, context: Context) -> bool:
    """Return whether any layer was loaded with graphics of its files."""
    return any(layer.has_graphics for layer in context.layers)


def has_measurements(state: ViewState, context: Context) -> bool:
    """Return whether anything was measured."""
    return bool(state.measurements)


def has_key_images(state: ViewState, context: Context) -> bool:
    """Return whether any slice is marked as a key image."""
    return bool(state.key_images)


def has_polygon(state: ViewState, context: Context) -> bool:
    """Return whether there is a polygon among the measurements."""
    return any(one.kind == "polygon" for one in state.measurements)


def has_dragged_label(state: ViewState, context: Context) -> bool:
    """Return whether the label of any measurement was dragged somewhere."""
    return any(one.label is not None for one in state.measurements)


def has_isocontour(state: ViewState, context: Context) -> bool:
    """Return whether there is an isocontour among the measurements."""
    return any(one.kind == "isocontour" for one in state.measurements)


def is_in_hu(state: ViewState, context: Context) -> bool:
    """Return whether values of the base are in HU."""
    return context.is_in_hu


def has_times(state: ViewState, context: Context) -> bool:
    """Return whether any layer is a set of times, echoes or the like."""
    return any(len(layer.which) > 1 for layer in context.layers)


def has_echoes(state: ViewState, context: Context) -> bool:
    """Return whether two things tell the members of a set apart, as time and echo do."""
    return any(len(varying_dimensions(layer.which)) > 1 for layer in context.layers)


def can_open_places(state: ViewState, context: Context) -> bool:
    """Return whether other folders and files can be opened on the screen that it is shown on."""
    return context.screen.opens_places

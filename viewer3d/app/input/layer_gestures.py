"""What keys and drags do to layers: which is active, seen and how opaque, as pure functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, get_args

import numpy as np

from viewer3d.app.input.context import Context, EventPosition, Gesture
from viewer3d.app.input.region_gestures import toggle_regions
from viewer3d.app.input.slice_gestures import LINE_TOLERANCE, lines_at
from viewer3d.core.view.look import LayerBlend
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState

OPACITY_STEPS: Final = 10
"""Steps of the keys from clear to opaque."""

GRIP_ROW: Final = 0.75
"""Share of a pane's height at which a split line has its handle, away from crosshair and letters."""

_GRIP_TOLERANCE: Final = 9
"""Pixels from a split line's handle within which it is meant, and not the crosshair that lies there too."""

_BLEND_TEXTS: Final = {"over": "everywhere", "checkerboard": "in every other square", "split": "right of a line"}


def overlay_meant(state: ViewState) -> int | None:
    """Return the overlay that keys mean: the active layer, else the highest; None without any."""
    return state.active or len(state.layers) - 1 or None


def next_layer(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Make the next layer active; after the highest comes the base."""
    return replace(state, active=(state.active + 1) % len(state.layers))


def toggle_overlay(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Hide the overlay or show it again; where only regions lie over the base, these."""
    number = overlay_meant(state)
    return (
        toggle_regions(state, context, position)
        if number is None
        else state.with_look(number, shown=not state.layers[number].shown)
    )


def change_opacity(steps: int) -> Gesture:
    """Return the gesture that changes the overlay's opacity by so many of :data:`OPACITY_STEPS`.

    Where only regions lie over the base it changes theirs.
    """

    def change(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        number = overlay_meant(state)
        if number is not None:
            return state.with_look(number, opacity=changed(state.layers[number].opacity))
        looks = (replace(look, opacity=changed(look.opacity)) for look in state.regions)
        return replace(state, regions=tuple(looks))

    def changed(opacity: float) -> float:
        return min(max(round(OPACITY_STEPS * opacity) + steps, 0), OPACITY_STEPS) / OPACITY_STEPS

    return change


def next_overlay_blend(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Draw the overlay everywhere, then in every other square, then right of a line."""
    number = overlay_meant(state)
    if number is None:
        return state
    blends = get_args(LayerBlend)
    following = blends[(blends.index(state.layers[number].blend) + 1) % len(blends)]
    return state.with_look(number, blend=following)


def toggle_graphics(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Hide what files have drawn on slices, of all layers, or show it again."""
    having = [number for number, layer in enumerate(context.layers) if layer.has_graphics]
    shown = not any(state.layers[number].graphics for number in having)
    for number in having:
        state = state.with_look(number, graphics=shown)
    return state


def split_columns(state: ViewState, context: Context, plane: PlaneName) -> dict[int, float]:
    """Return the column of a pane at which each overlay that is split begins, by the number of the layer."""
    width = context.rect(state, plane).width
    seen = [n for n, look in enumerate(state.layers) if n and look.shown and look.blend == "split"]
    return {n: round(state.layers[n].split * width) - 0.5 for n in seen}


def split_at(state: ViewState, context: Context, position: EventPosition) -> tuple[int, ...]:
    """Return the overlays whose split line is at a position: by its handle where the crosshair lies."""
    plane = position.plane
    if plane is None or all(look.blend != "split" for look in state.layers):
        return ()
    x, y = context.to_pane(state, position, plane)
    columns = split_columns(state, context, plane).items()
    near = tuple(n for n, column in columns if abs(x - column) <= LINE_TOLERANCE)
    on_handle = abs(y - GRIP_ROW * context.rect(state, plane).height) <= _GRIP_TOLERANCE
    return near if on_handle or not lines_at(state, context, position) else ()


def drag_split(state: ViewState, context: Context, begin: EventPosition, end: EventPosition) -> ViewState:
    """Move the split line that is dragged, in all panes."""
    if begin.plane is None:
        return state
    moved = (end.x - begin.x) / context.rect(state, begin.plane).width
    for number in split_at(state, context, begin):
        split = float(np.clip(state.layers[number].split + moved, 0, 1))
        state = state.with_look(number, split=split)
    return state


COLOR_NOTE: Final = "colour has no window: it is shown as it is"


def with_color_as_is(before: ViewState, after: ViewState, context: Context) -> ViewState:
    """Return the state after a change, but of an image in colour with its window and colours as they were."""
    if not context.is_colored:
        return after
    look = before.layers[0]
    return after.with_look(0, **{name: getattr(look, name) for name in ("window", "colors", "inverted", "value_bar")})


def layer_note(before: ViewState, after: ViewState, context: Context) -> str:
    """Return what to say of a key that has changed one layer or which is active; empty where none has."""
    if before.active != after.active:
        return f"window, digits and colours: {context.layers[after.active].name}"
    changed = [n for n, (one, other) in enumerate(zip(before.layers, after.layers, strict=True)) if one != other]
    if changed and all(before.layers[n].graphics != after.layers[n].graphics for n in changed):
        return f"graphics of the files: {'shown' if after.layers[changed[0]].graphics else 'hidden'}"
    if len(changed) != 1:
        return ""
    (number,) = changed
    was, look, name = before.layers[number], after.layers[number], context.layers[number].name
    if was.shown != look.shown:
        return f"{name}: {'shown' if look.shown else 'hidden'}"
    if was.opacity != look.opacity:
        return f"{name}: opacity {round(100 * look.opacity)} %"
    return "" if was.blend == look.blend else f"{name}: {_BLEND_TEXTS[look.blend]}"

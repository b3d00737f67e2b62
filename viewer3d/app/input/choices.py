"""What the palette lists by name: windows, colour maps, transfer functions, segments and structures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from viewer3d.app.input.camera_gestures import set_transfer_function
from viewer3d.app.input.context import Context, Gesture
from viewer3d.app.input.isocontours.thresholds import offered_thresholds, set_threshold
from viewer3d.app.input.region_gestures import go_to_region
from viewer3d.app.input.slice_gestures import set_colors, set_window
from viewer3d.core.view.own_looks import short_name
from viewer3d.core.view.state import ViewState
from viewer3d.render.colors import color_maps


@dataclass(frozen=True)
class NamedGesture:
    """One of several things by name, as a window or a colour map, that the palette lists.

    Attributes
    ----------
    title : str
        For example ``"window: lung"``.
    gesture : callable
        What chooses it.
    """

    title: str
    gesture: Gesture


Choices = Callable[[ViewState, Context], tuple[NamedGesture, ...]]
"""Returns what can be chosen by name in a state."""


def window_choices(digits: Sequence[Gesture]) -> Choices:
    """Return what lists the named windows of the active layer.

    Parameters
    ----------
    digits : sequence of callable
        The gestures of the digits from 1, which choose the first of them; others have no key.
    """

    def choices(state: ViewState, context: Context) -> tuple[NamedGesture, ...]:
        layer = context.active(state)
        named = zip(layer.window_names, layer.windows, strict=True)
        return tuple(
            NamedGesture(f"window: {_plain(name)}", digits[n] if n < len(digits) else set_window(window))
            for n, (name, window) in enumerate(named)
            if window is not None
        )

    return choices


def color_choices(state: ViewState, context: Context) -> tuple[NamedGesture, ...]:
    """Return the colour maps."""
    names = (*color_maps(), *context.own_colors)
    return tuple(NamedGesture(f"colours: {_plain(name)}", set_colors(name)) for name in names)


def transfer_function_choices(state: ViewState, context: Context) -> tuple[NamedGesture, ...]:
    """Return the transfer functions for values of the base."""
    return tuple(
        NamedGesture(f"transfer function: {_plain(one)}", set_transfer_function(one)) for one in context.renderings
    )


def region_choices(state: ViewState, context: Context) -> tuple[NamedGesture, ...]:
    """Return the segments and structures that are seen, to which the crosshair can go."""
    return tuple(
        NamedGesture(f"crosshair to {name}", go_to_region(turn, number))
        for turn, (look, regions) in enumerate(zip(state.regions, context.regions, strict=True))
        for number, name in regions.names.items()
        if look.sees(number)
    )


def threshold_choices(state: ViewState, context: Context) -> tuple[NamedGesture, ...]:
    """Return the usual thresholds of an isocontour."""
    return tuple(
        NamedGesture(f"threshold: {one.text}{'' if one.of_maximum else ' SUV'}", set_threshold(one))
        for one in offered_thresholds(state, context)
    )


def _plain(name: str) -> str:
    name = short_name(name)
    # As one says it: soft tissue, and not soft-tissue; but 0-5 of SUV.
    return name if any(letter.isdigit() for letter in name) else name.replace("-", " ")

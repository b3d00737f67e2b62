"""What keys do to segments and structures: seen, outlined or filled, gone to, as pure functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from viewer3d.app.input.context import Context, EventPosition, Gesture
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.look import NOT_RENDERED, REGION_RENDERINGS, RegionLook
from viewer3d.core.view.state import ViewState

_USUAL: Final = RegionLook()

_STYLE_TEXTS: Final = {(True, False): "outlines", (True, True): "outlines and fill", (False, True): "fill"}
"""By whether there is an outline, and a fill; the keys go through them in this order."""


def with_all_regions(state: ViewState, **changes: Any) -> ViewState:
    """Return the state with other fields of the looks of all its regions."""
    return replace(state, regions=tuple(replace(look, **changes) for look in state.regions))


def toggle_regions(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Hide all segments and structures, or show them again."""
    return with_all_regions(state, shown=not any(look.shown for look in state.regions))


def next_region_style(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Draw outlines alone, outlines and fill, or the fill alone, one after the other."""
    if not state.regions:
        return state
    style = style_of(next_style(state.regions[0], context.first.regions[0]))
    pairs = zip(state.regions, context.first.regions, strict=True)
    return replace(state, regions=tuple(with_style(look, first, style) for look, first in pairs))


def next_style(look: RegionLook, first: RegionLook) -> RegionLook:
    """Return a look with outlines alone, outlines and fill or the fill alone, whichever is next."""
    styles, now = list(_STYLE_TEXTS), style_of(look)
    return with_style(look, first, styles[(styles.index(now) + 1) % len(styles)] if now in styles else styles[0])


def style_of(look: RegionLook) -> tuple[bool, bool]:
    """Return whether regions are drawn with an outline, and with a fill."""
    return look.outline > 0, look.fill > 0


def with_style(look: RegionLook, first: RegionLook, style: tuple[bool, bool]) -> RegionLook:
    """Return a look with an outline, a fill or both, as they are now, else as they were first."""
    outline = look.outline or first.outline or _USUAL.outline
    fill = look.fill or first.fill or _USUAL.fill
    return replace(look, outline=outline if style[0] else 0, fill=fill if style[1] else 0.0)


def toggle_surfaces(state: ViewState, context: Context, position: EventPosition) -> ViewState:
    """Show surfaces of segments and structures in the 3D pane, or leave them out."""
    has_some = any(look.rendering != NOT_RENDERED for look in state.regions)
    return with_all_regions(state, rendering=NOT_RENDERED if has_some else REGION_RENDERINGS[0])


def step_to_region(steps: int) -> Gesture:
    """Return the gesture that moves the cursor to the next (above 0) or previous region that is seen."""

    def step(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        seen = [
            (turn, number)
            for turn, look in enumerate(state.regions)
            for number in context.regions[turn].names
            if look.sees(number)
        ]
        # Where the cursor is one's place already it stands there; of several in one place all do.
        here = [n for n, (turn, number) in enumerate(seen) if context.regions[turn].places.get(number) == state.cursor]
        begin = (here[-1] if steps > 0 else here[0]) if here else (-1 if steps > 0 else len(seen))
        for n in range(begin + steps, begin + steps * (len(seen) + 1), steps):
            if (place := place_of_region(context, *seen[n % len(seen)])) is not None:
                return state.with_cursor(place)
        return state

    return step


def go_to_region(turn: int, number: int) -> Gesture:
    """Return the gesture that moves the cursor to a region, if it has a place."""

    def go(state: ViewState, context: Context, position: EventPosition) -> ViewState:
        place = place_of_region(context, turn, number)
        return state if place is None else state.with_cursor(place)

    return go


def place_of_region(context: Context, turn: int, number: int) -> Vector | None:
    """Return where the cursor goes for a region: the middle of its largest slice; None where it has none.

    Parameters
    ----------
    context : Context
    turn : int
        Which segmentation or structure set, from 0.
    number : int
        Of the segment or region of interest.
    """
    regions = context.regions[turn]
    if number not in regions.places:
        middle = regions.middle(number)
        if middle is None:
            return None
        regions.places[number] = vector(context.clamp_cursor(np.array(middle)))
    return regions.places[number]


def region_note(before: ViewState, after: ViewState, context: Context) -> str:
    """Return what to say of a key that has changed regions alone, or gone to one; empty where none has."""
    if before.regions != after.regions:
        is_alone = replace(after, regions=before.regions) == before
        return _look_text(before.regions, after.regions) if is_alone else ""
    if before.cursor == after.cursor or replace(after, cursor=before.cursor, pointer=before.pointer) != before:
        return ""
    for look, regions in zip(after.regions, context.regions, strict=True):
        listed = list(regions.names)
        for number, place in regions.places.items():
            if place == after.cursor and look.sees(number):
                return f"{regions.names[number]}, {listed.index(number) + 1} of {len(listed)} {regions.name}"
    return ""


def _look_text(before: tuple[RegionLook, ...], after: tuple[RegionLook, ...]) -> str:
    was, now = next((one, other) for one, other in zip(before, after, strict=True) if one != other)
    what = "segments and structures"
    if was.shown != now.shown:
        return f"{what}: {'shown' if now.shown else 'hidden'}"
    if was.opacity != now.opacity:
        return f"{what}: opacity {round(100 * now.opacity)} %"
    if was.rendering != now.rendering:
        return f"{what}: {'not in 3D' if now.rendering == NOT_RENDERED else 'surfaces in 3D'}"
    return "" if style_of(was) == style_of(now) else f"{what}: {_STYLE_TEXTS.get(style_of(now), 'not drawn')}"

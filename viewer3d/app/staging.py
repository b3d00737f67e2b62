"""What a viewer begins with: the stage for gestures, a state that fits its volumes, a title."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache

import numpy as np

from viewer3d.app.input.context import Stage
from viewer3d.core.members import check_member
from viewer3d.core.text import plain
from viewer3d.core.view import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.cursor import check_place
from viewer3d.render.scene import Scene
from viewer3d.render.volume.rendering import rendering_of
from viewer3d.render.volume.transfer import choose_preset, offered_presets, transfer_of
from viewer3d.render.window_choice import windows_of

MOST_HU = 3071.0
"""HU: the highest of 12 bits from -1024 on; what is beyond is metal, and would make a drag too coarse for tissue."""


def first_stage(scene: Scene, first: ViewState) -> Stage:
    """Set the stage for a scene that is seen from a first state on."""
    volume = scene.volumes[0]
    in_hu = volume.unit == "HU"
    return Stage(
        geometry=volume.geometry,
        size=scene.size,
        first=replace(first, rendering=choose_preset(volume).name),
        value_span=value_span(volume),
        windows=tuple(windows_of(volume).values()),
        renderings=offered_presets(volume),
        is_in_hu=in_hu,
        shift_step=cache(lambda rendering: transfer_of(volume, choose_preset(volume, rendering)).step),
        extent=lambda state: rendering_of(volume, state).extent(volume),
        seen=scene.seen,
        which=tuple(volume.which for volume in scene.volumes),
        window_values=volume.window_values,
    )


def value_span(volume: Volume) -> float:
    """Return how far the values of a volume reach, in their unit: what dragging the window is scaled to; never 0.

    In HU the range of 12 bits at most, of an even sample; of all else every voxel counts, for the highest uptake of PET
    may be in few.
    """
    values = np.minimum(volume.window_values(), MOST_HU) if volume.is_like_hu else volume.voxels
    if not values.size:
        return 1.0
    low, high = float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None))
    return high - low if np.isfinite(high - low) and high > low else 1.0


def check_state(members: Sequence[Volume], state: ViewState) -> None:
    """Refuse a state that was not made for the volumes at hand.

    Raises
    ------
    ViewError
        When its cursor lies outside, it shows a member that is not there or asks 3D for what cannot be shown.
    """
    rendering_of(members[0], state)
    check_member(members, state.member)
    with suppress(ViewError):
        check_place(members[0], state.cursor)
        return
    raise ViewError(
        f"the state is of another volume: its cursor {state.cursor} lies outside of this one; load the series it was "
        "saved with"
    )


def title_of(volume: Volume) -> str:
    """Return what is written on a window's frame: what was scanned, not who."""
    return plain(" ".join(part for part in ("viewer3d", volume.modality, volume.description) if part))

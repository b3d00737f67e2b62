"""What a viewer begins with: the stage for gestures, a state that fits its volumes, a title."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache

import numpy as np

from viewer3d.app.stage import Stage
from viewer3d.errors import ViewError
from viewer3d.members import check_member
from viewer3d.render.place import check_place
from viewer3d.render.rendering import rendering_of
from viewer3d.render.scene import Scene
from viewer3d.render.transfer import choose_preset, offered_presets, transfer_of
from viewer3d.view import ViewState
from viewer3d.volume import Volume
from viewer3d.window import named_windows

SPAN_PERCENTILES = (0.5, 99.5)
"""The values between them are those that dragging the window is scaled to."""


def first_stage(scene: Scene, first: ViewState) -> Stage:
    """Set the stage for a scene that is seen from a first state on."""
    volume = scene.volumes[0]
    sample = volume.sample()
    finite = sample[np.isfinite(sample)]
    low, high = np.percentile(finite, SPAN_PERCENTILES) if finite.size else (0.0, 0.0)
    in_hu = volume.unit == "HU"
    return Stage(
        geometry=volume.geometry,
        size=scene.size,
        first=replace(first, rendering=choose_preset(volume).name),
        value_span=float(high - low) or 1.0,
        windows=tuple(named_windows().values()) if in_hu else (),
        renderings=offered_presets(volume),
        is_in_hu=in_hu,
        shift_step=cache(lambda rendering: transfer_of(volume, choose_preset(volume, rendering)).step),
        extent=lambda state: rendering_of(volume, state).extent(volume),
        seen=scene.seen,
        which=tuple(volume.which for volume in scene.volumes),
    )


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
    return " ".join(part for part in ("viewer3d", volume.modality, volume.description) if part)

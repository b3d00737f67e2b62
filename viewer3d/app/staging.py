"""The stage for a scene: what gestures need to know of its volumes, found once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from viewer3d.app.stage import Stage
from viewer3d.render.rendering import rendering_of
from viewer3d.render.scene import Scene
from viewer3d.render.transfer import choose_preset, presets, transfer_of
from viewer3d.view import ViewState
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
        renderings=tuple(name for name, row in presets().items() if (row.scale == "HU") == in_hu),
        is_in_hu=in_hu,
        shift_step=cache(lambda rendering: transfer_of(volume, choose_preset(volume, rendering)).step),
        extent=lambda state: rendering_of(volume, state).extent(volume),
        seen=scene.seen,
        which=tuple(volume.which for volume in scene.volumes),
    )

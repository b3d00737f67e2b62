"""How series side by side relate: which share a world, how far apart they are, what numbers allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from viewer3d.core.images.image2d import flat_of
from viewer3d.core.placing.worlds import first_plane
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.render.first_state import with_first_looks

if TYPE_CHECKING:
    from viewer3d.app.viewer import Viewer

LEAST_TOLD: Final = 0.5
"""mm: what is less is no more than the rounding of a place."""

LINKED: Final = "linked by place: F3 unlinks"
OTHER_FRAME: Final = "another frame of reference: linked in zoom alone; F4 scrolls along from where both are now"


def put_note(value: SideBySide, number: int, volumes: Sequence[Volume]) -> str:
    """Return what is said of a cell that was put beside others: how it is linked, what numbers allow."""
    said = LINKED if value.worlds.count(value.worlds[number]) > 1 else OTHER_FRAME
    compared = comparability_note(volumes[value.active], volumes[number])
    return f"{said}. {compared}" if compared else said


def plane_alone(state: ViewState, volume: Volume) -> ViewState:
    """Return the state with one slice pane: the one that is shown alone, else that of the acquired slices."""
    pane = state.panes[0]
    return state.with_view(pane if len(state.panes) == 1 and pane != "3d" else first_plane(volume))


def fitting_state(state: ViewState, viewer: Viewer) -> ViewState:
    """Return a saved state with a look for each layer of a viewer; others are left out.

    Raises
    ------
    ViewError
        When it shows a time that there is not.
    """
    placed = viewer.placed
    layers, regions = state.layers[: len(placed.layers)], state.regions[: len(placed.regions)]
    active = min(state.active, len(layers) - 1)
    fitting = with_first_looks(replace(state, layers=layers, regions=regions, active=active), placed)
    viewer.steering.presenter.scene.check(fitting)
    return fitting


def outside_note(mm: float) -> str:
    """Return what is said of a cell whose volume ends so far from the place; empty within it."""
    return f"outside of this series by {mm:.0f} mm: its nearest slice is shown" if mm >= LEAST_TOLD else ""


def link_note(value: SideBySide) -> str:
    """Return what is said when cells are linked by place."""
    return LINKED if len(set(value.worlds)) == 1 else f"those of one frame of reference are {LINKED}"


def offset_text(value: SideBySide, volumes: Sequence[Volume]) -> str:
    """Return how far the others are from the active cell along its normal, in mm and in slices."""
    assert value.offsets is not None
    plane: PlaneName = next((pane for pane in value.state.panes if pane != "3d"), "axial")
    normal = np.array(value.state.plane(plane).normal, np.float64)
    texts = []
    for number, volume in enumerate(volumes):
        if number != value.active:
            mm = float(np.subtract(value.offsets[number], value.offsets[value.active]) @ normal)
            texts.append(f"{mm:+.1f} mm ({mm / volume.geometry.step(normal):+.1f} slices)")
    return f"{', '.join(texts)} along the {plane} normal stay; F4 links by place again"


def comparability_note(one: Volume, other: Volume) -> str:
    """Return what keeps the numbers of two volumes from being compared; empty where nothing does.

    Of two modalities nobody compares numbers, nor of images that lie in no space, and nothing is said.
    """
    from viewer3d.measurements.comparability.acquisitions import (  # noqa: PLC0415 (one series alone needs none)
        compare_acquisitions,
    )

    if flat_of(one) is not None or flat_of(other) is not None:
        return ""
    if one is other or (one.modality and other.modality and one.modality != other.modality):
        return ""
    found = compare_acquisitions(one, other)
    if not found:
        return ""
    told = ", ".join(f"{difference.name} {difference.before} against {difference.after}" for difference in found[:2])
    more = f" and {len(found) - 2} more" if len(found) > 2 else ""
    return f"Numbers differ by acquisition: {told}{more}"

"""Where a view cuts, from where it looks and what it shows in 3D."""

from __future__ import annotations

from math import atan2, degrees
from typing import TYPE_CHECKING, Final

import numpy as np

from viewer3d.core.view.measurement import WRITTEN
from viewer3d.core.view.own_looks import is_in_full
from viewer3d.core.view.planes import PLANES
from viewer3d.recipes.words.english import (
    counted,
    enumerated,
    first_upper,
    hundredths,
    in_digits,
    plural,
    preset_name,
    tenths,
)
from viewer3d.recipes.words.looks import slab_words, unit_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viewer3d.core.view.camera import Camera
    from viewer3d.core.view.measurement import Measurement
    from viewer3d.core.view.planes import PlaneName
    from viewer3d.core.view.state import ViewState

SIDE_WORDS: Final = {
    "A": "the front", "P": "the back", "L": "the left", "R": "the right", "H": "the head", "F": "the feet",
}  # fmt: skip
"""Whence a body is seen, by the letters of its sides."""

FACE_HIDDEN: Final = "front of the face hidden"
"""As a protection of the picture."""

_AXES: Final = "xyz"

_STRAIGHT: Final = 0.05
"""Degrees: who looks from nearer to straight is said to look straight."""

_FITTED: Final = 0.005
"""Of a zoom: what differs from 1 by less is not told."""


def planes_of(state: ViewState) -> tuple[PlaneName, ...]:
    """Return the slice panes of a view that are seen, in reading order."""
    return tuple(one for one in state.panes if one != "3d")


def subject_words(planes: Sequence[PlaneName], what: str, *, is_oblique: bool) -> str:
    """Return what panes show: ``"axial and coronal CT slices"``, ``"3D rendering of CT"``."""
    if not planes:
        return f"3D rendering of {what}"
    slices = f"{what} {plural('slice', len(planes))}"
    return f"oblique {slices} ({enumerated(planes)}, turned)" if is_oblique else f"{enumerated(planes)} {slices}"


def place_words(state: ViewState, planes: Sequence[PlaneName]) -> str:
    """Return where slices cut, in LPS mm: ``"at z = 40.0 mm (LPS)"``."""
    if not planes:
        return ""
    if state.is_oblique:
        cursor = ", ".join(tenths(one) for one in state.cursor)
        normals = [f"({', '.join(hundredths(one) for one in state.axes[PLANES[plane].axis])})" for plane in planes]
        return f"through ({cursor}) mm (LPS), normal to {enumerated(normals)}"
    axes = sorted(PLANES[plane].axis for plane in planes)
    where = enumerated([f"{_AXES[axis]} = {tenths(state.cursor[axis])}" for axis in axes])
    return f"at {where} mm (LPS)"


def slices_words(state: ViewState, planes: Sequence[PlaneName]) -> list[str]:
    """Return what else decides slices: slab, interpolation, how panes are turned, zoom."""
    slab = slab_words(state.slab.thickness, state.slab.blend)
    told = [slab] if slab else []
    told += ["voxels as boxes"] if state.interpolation == "nearest" else []
    turns = {plane: text for plane in planes if (text := state.slice_pane(plane).turn_text)}
    if turns and (len(planes) == 1 or (len(turns) == len(planes) and len(set(turns.values())) == 1)):
        told += list(turns.values())[:1]
    else:
        told += [f"{plane} {text}" for plane, text in turns.items()]
    zooms = {plane: state.slice_pane(plane).zoom for plane in planes}
    apart = {plane: zoom for plane, zoom in zooms.items() if abs(zoom - 1) > _FITTED}
    if len(planes) == 1 or (len(apart) == len(planes) and len(set(apart.values())) == 1):
        return told + [f"zoomed {hundredths(zoom)} times" for zoom in list(apart.values())[:1]]
    return told + [f"{plane} zoomed {hundredths(zoom)} times" for plane, zoom in apart.items()]


def rendering_words(state: ViewState, unit: str) -> list[str]:
    """Return what decides the 3D pane: transfer function, camera, crop box, couch, face.

    Parameters
    ----------
    state : ViewState
    unit : str
        Of the values of the base.
    """
    look = state.layers[0]
    name = preset_name(look.rendering, "rendering")
    unnamed = "transfer function of its own" if is_in_full(look.rendering) else "transfer function chosen by content"
    told = [f"transfer function {name}" if name else unnamed]
    if look.rendering_shift:
        told[0] += f" shifted by {in_digits(look.rendering_shift)}{unit_words(unit)}"
    if look.rendering_stretch != 1:
        told[0] += f"{' and' if look.rendering_shift else ''} {in_digits(100 * look.rendering_stretch)} % as wide"
    told.append(camera_words(state.camera))
    if state.crop is not None:
        low, high = (f"({', '.join(tenths(one) for one in corner)})" for corner in (state.crop.low, state.crop.high))
        told.append(f"cropped to the box from {low} to {high} mm (LPS)")
    told += ["couch hidden"] if look.couch_hidden else []
    told += [FACE_HIDDEN] if any(one.face_hidden for one in state.layers) else []
    return told + (["with the slices in it"] if state.planes_shown else [])


def camera_words(camera: Camera) -> str:
    """Return from where a camera looks at the patient: ``"seen from the front, 15.0 degrees above"``."""
    x, y, z = np.subtract(camera.position, camera.focal_point).tolist()
    flat = (x * x + y * y) ** 0.5
    above = degrees(atan2(z, flat))
    if 90 - abs(above) < _STRAIGHT:
        return f"seen from {SIDE_WORDS['H' if above > 0 else 'F']}"
    # Degrees from the front, to the patient's left.
    around = degrees(atan2(x, -y))
    quarter = round(around / 90)
    side = SIDE_WORDS[{0: "A", 1: "L", 2: "P", -1: "R", -2: "P"}[quarter]]
    rest = around - 90 * quarter
    next_side = SIDE_WORDS[
        {0: "A", 1: "L", 2: "P", -1: "R", -2: "P", 3: "R", -3: "L"}[quarter + (1 if rest > 0 else -1)]
    ]
    told = [f"seen from {side}"]
    if abs(rest) >= _STRAIGHT:
        told.append(f"{tenths(abs(rest))} degrees towards {next_side}")
    if abs(above) >= _STRAIGHT:
        told.append(f"{tenths(abs(above))} degrees {'above' if above > 0 else 'below'}")
    return ", ".join(told)


_KINDS: Final = {"distance": "distance", "angle": "angle", "ellipse": "ellipse", "rectangle": "rectangle",
                 "probe": "probe", "freehand": "freehand region", "polygon": "polygon",
                 "bidirectional": "pair of diameters", "isocontour": "isocontour"}  # fmt: skip


def measurement_words(measurements: Sequence[Measurement]) -> str:
    """Return how many measurements of each kind a view has; names, which a person gave, are left out."""
    found, written = (
        [
            counted(count, word)
            for kind, word in kinds.items()
            if (count := sum(one.kind == kind for one in measurements))
        ]
        for kinds in (_KINDS, {kind: kind for kind in WRITTEN})
    )
    told = [f"{enumerated(found)} measured"] if found else []
    return ", ".join([*told, *([f"{enumerated(written)} drawn"] if written else [])])


def marked_words(state: ViewState) -> str:
    """Return how many slices are marked as key images; empty for none."""
    return f"{counted(len(state.key_images), 'slice')} marked as key images" if state.key_images else ""


def titled(text: str) -> str:
    """Return a sentence: with a capital at its beginning and a full stop at its end."""
    return f"{first_upper(text)}."

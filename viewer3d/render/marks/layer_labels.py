"""Collect what is to be written of the layers of a scene: names, units, how each lies, values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.images.image2d import FlatVolume, flat_of
from viewer3d.core.layers import PlacedLayer
from viewer3d.core.members import timed_member_text
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.look import ImageLook, LayerBlend
from viewer3d.core.view.state import ViewState

MATRIX_NOTE: Final = "placed by a given matrix"
TRUST_NOTE: Final = "frame of reference not checked"
UNKNOWN_NOTE: Final = "frame of reference not known"


_BLEND_TEXTS: Final[dict[LayerBlend, str]] = {
    "over": "",
    "checkerboard": "checkerboard",
    "split": "right of the line",
}


@dataclass(frozen=True)
class LayerLabel:
    """What is written of a layer that a slice pane shows.

    Attributes
    ----------
    name : str
        Of the layer; empty for that of a scene of one layer.
    unit : str
        Of its values.
    look : ImageLook
        As it is drawn: the base is everywhere.
    inverted : bool
        Whether low values are drawn white.
    how : str
        How it lies over those below, where one would not guess it: opacity and blend.
    member : str
        Which volume of a 4-D set it is.
    note : str
        What it was placed by, where that is no common frame of reference.
    is_muted : bool
        Whether another layer is the active one.
    image : FlatVolume, optional
        The image that it is, of one that lies in no space.
    """

    name: str
    unit: str
    look: ImageLook
    inverted: bool = False
    how: str = ""
    member: str = ""
    note: str = ""
    is_muted: bool = False
    image: FlatVolume | None = None


@dataclass(frozen=True)
class PointedRegion:
    """A segment or region of interest that is pointed at.

    Attributes
    ----------
    name : str
    color : tuple of int
        Red, green and blue, 0 to 255 each.
    """

    name: str
    color: tuple[int, int, int]


@dataclass(frozen=True)
class Readout:
    """What is pointed at.

    Attributes
    ----------
    world : tuple of float
        The world point (LPS, mm).
    index : tuple of int
        Of the nearest voxel of the base.
    has_index : bool
        Whether the base is seen and has a value there, so that the index is one of it.
    values : tuple of (float or None)
        Of each layer that is shown, as the picture has it; None outside of it.
    regions : tuple of PointedRegion
        Those that are seen there.
    """

    world: Vector
    index: tuple[int, int, int]
    has_index: bool
    values: tuple[float | None, ...]
    regions: tuple[PointedRegion, ...] = ()


def layer_labels(
    layers: Sequence[PlacedLayer], state: ViewState, *, marks_active: bool = True
) -> tuple[LayerLabel, ...]:
    """Return what is to be written of the layers that slices of a state show, the base first.

    Parameters
    ----------
    layers : sequence of PlacedLayer
        Of the scene.
    state : ViewState
    marks_active : bool
        Whether the active one is told from the others: nothing is dragged on a printed page.
    """
    several = len(layers) > 1
    found = []
    for number, (layer, look) in enumerate(zip(layers, state.layers, strict=True)):
        volume = layer.members[look.member]
        if not look.shown and flat_of(volume) is None:  # what is written of an image holds for its empty pane too
            continue
        found.append(
            LayerLabel(
                layer.name if several else "",
                volume.unit,
                look if number or look.blend == "over" else replace(look, blend="over"),
                volume.inverted != look.inverted,
                opacity_text(look) if number else "",
                timed_member_text(layer.members, look.member),
                placing_text(layers[0], layer) if number else "",
                several and marks_active and number != state.active,
                flat_of(volume),
            )
        )
    return tuple(found)


def read_layers(layers: Sequence[PlacedLayer], state: ViewState, world: ArrayLike) -> Readout:
    """Return the values at a world point (LPS, mm) of the layers that slices of a state show."""
    pairs = list(zip(layers, state.layers, strict=True))
    shown = [layer.members[look.member] for layer, look in pairs if look.shown]
    values = tuple(volume.value_at(world, state.interpolation) for volume in shown)
    i, j, k = (int(n) for n in np.rint(layers[0].volume.geometry.world_to_index(world)))
    return Readout(vector(world), (i, j, k), state.layers[0].shown and values[0] is not None, values)


def opacity_text(look: ImageLook) -> str:
    """Write how an overlay lies over what is below it, where it is not opaque and everywhere."""
    opacity = f"{100 * look.opacity:.0f} %" if look.opacity != 1 else ""
    if look.levels and look.opacity == 0:
        opacity = "lines"
    return "   ".join(part for part in (opacity, _BLEND_TEXTS[look.blend]) if part)


def placing_text(base: PlacedLayer, layer: PlacedLayer | PlacedRegions) -> str:
    """Write what a layer or regions were placed by; an empty text for a common frame of reference."""
    if layer.transform is not None:
        return MATRIX_NOTE
    data = layer.data[0] if isinstance(layer, PlacedLayer) else layer.data
    own, other = base.data[0].frame_of_reference, data.frame_of_reference
    if own and own == other:
        return ""
    return TRUST_NOTE if layer.same_frame else UNKNOWN_NOTE


def identity_lines(layers: Sequence[PlacedLayer], state: ViewState) -> tuple[str, ...]:
    """List the lines that name the patient of a scene.

    Where layers name different ones, all are there, each after the names of its layers.

    Parameters
    ----------
    layers : sequence of PlacedLayer
    state : ViewState
        The base counts, whether slices show it or not, and of the others those that they show.
    """
    names: dict[tuple[str, ...], list[str]] = {}
    for number, (layer, look) in enumerate(zip(layers, state.layers, strict=True)):
        lines = layer.members[look.member].identity
        if lines and (look.shown or number == 0):
            names.setdefault(lines, []).append(layer.name)
    if len(names) < 2:
        return next(iter(names), ())
    return tuple(
        f"{', '.join(whose)}: {line}" if n == 0 else line
        for lines, whose in names.items()
        for n, line in enumerate(lines)
    )


def most_important(labels: Sequence[LayerLabel], count: int) -> list[int]:
    """Return the numbers of so many layers, in their order: the active one, the base, then those on top."""
    order = sorted(range(len(labels)), key=lambda n: (labels[n].is_muted, n > 0, -n))
    return sorted(order[:count])

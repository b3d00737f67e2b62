"""Key images: slices that a person marked, and how each is seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from viewer3d.core.vectors import LARGEST_MM, PATIENT_AXES, Axes, Vector, are_axes, is_near
from viewer3d.core.view.planes import PANES, PLANES, PlaneName
from viewer3d.core.view.slab import Slab
from viewer3d.core.view.slice_pane import SlicePane
from viewer3d.core.window import Window
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.core.view.state import ViewState

MOST_KEY_IMAGES: Final = 200
"""Of one view: a page of more could not be read."""

LONGEST_KEY_NAME: Final = 60
"""Letters of the name of a key image."""

KEY_IMAGES_VERSION: Final = 9
"""The first version of a state that has them."""

_LATER: Final = ("axes", "slab", "member", "turned", "mirrored", "name")
"""Fields that are written where they are not at their defaults."""


@dataclass(frozen=True)
class KeyImage:
    """A slice that a person marked: where it is, and how it was seen.

    All else that decides a picture (overlays, colours, measurements, zoom) is of the state that it is in.

    Attributes
    ----------
    plane : {"axial", "coronal", "sagittal"}
        Which of the three planes it is.
    cursor : tuple of float
        The world point (LPS, mm) that the slice went through.
    window : Window
        Of the base.
    axes : tuple of three tuples of float
        As :attr:`viewer3d.ViewState.axes`.
    slab : Slab
        How thick the slice is.
    member : int
        Which volume of a set is seen, from 0.
    turned : int
        Quarter turns clockwise of the pane, 0 to 3.
    mirrored : bool
        Whether left and right were exchanged after that.
    name : str
        What a person calls it.
    """

    plane: PlaneName
    cursor: Vector
    window: Window
    axes: Axes = PATIENT_AXES
    slab: Slab = field(default_factory=Slab)
    member: int = 0
    turned: int = 0
    mirrored: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        if self.plane not in PLANES:
            raise ViewError(f"key image of plane {self.plane!r}: give one of {', '.join(PLANES)}")
        if len(self.cursor) != 3 or not is_near(self.cursor):
            raise ViewError(f"key image at {self.cursor}: give three finite numbers up to {LARGEST_MM:g}, LPS mm")
        if not are_axes(self.axes):
            raise ViewError(f"key image with axes {self.axes}: give three perpendicular unit directions, right-handed")
        if not isinstance(self.member, int) or self.member < 0:
            raise ViewError(f"key image of volume {self.member!r} of a set: they are counted from 0")
        if not isinstance(self.name, str) or len(self.name) > LONGEST_KEY_NAME:
            raise ViewError(f"name {self.name!r} of a key image: give text of {LONGEST_KEY_NAME} letters at most")
        SlicePane(turned=self.turned, mirrored=self.mirrored)

    @property
    def position(self) -> float:
        """How far along its normal the slice is from the world's origin, in mm."""
        return float(np.dot(self.cursor, self.normal))

    @property
    def normal(self) -> Vector:
        """The world direction that the slice is perpendicular to."""
        return self.axes[PLANES[self.plane].axis]

    def is_same_slice(self, other: KeyImage, step: float) -> bool:
        """Return whether another one is of the same slice, whatever its window and name.

        Parameters
        ----------
        other : KeyImage
        step : float
            From slice to slice, in mm: planes less than half of it apart are of one slice.
        """
        if (self.plane, self.member, self.slab) != (other.plane, other.member, other.slab):
            return False
        if not np.allclose(self.axes, other.axes, rtol=0, atol=1e-6):
            return False
        return abs(float(np.subtract(self.cursor, other.cursor) @ np.array(self.normal))) < step / 2

    def shown_in(self, state: ViewState) -> ViewState:
        """Return a state with the slice in view, as it was seen.

        A view without its plane becomes that plane alone, and where another pane is enlarged, its own is instead.
        """
        look = replace(state.layers[0], window=self.window, member=self.member)
        pane = replace(state.slice_pane(self.plane), turned=self.turned, mirrored=self.mirrored)
        layers = (look, *state.layers[1:])
        shown = replace(state, cursor=self.cursor, axes=self.axes, slab=self.slab, layers=layers)
        shown = shown.with_pane(self.plane, pane)
        if self.plane in shown.panes:
            return shown
        is_beside = self.plane in PANES[shown.view]
        return replace(shown, enlarged=self.plane) if is_beside else shown.with_view(self.plane)


def key_image_of(state: ViewState, plane: PlaneName) -> KeyImage:
    """Return what a slice pane of a state shows as a key image without a name."""
    pane, base = state.slice_pane(plane), state.layers[0]
    return KeyImage(
        plane, state.cursor, base.window, state.axes, state.slab, base.member, pane.turned, mirrored=pane.mirrored
    )


def find_key_image(state: ViewState, plane: PlaneName, step: float) -> int | None:
    """Return the number, from 0, of the key image that a slice pane shows; None where it shows none.

    Parameters
    ----------
    state : ViewState
    plane : {"axial", "coronal", "sagittal"}
    step : float
        From slice to slice of the base along the normal of the plane, in mm.
    """
    if not state.key_images:
        return None
    shown = key_image_of(state, plane)
    return next((n for n, one in enumerate(state.key_images) if one.is_same_slice(shown, step)), None)


def key_image_to_builtins(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a key image as plain values without those that are at their defaults."""
    kept = {name: value for name, value in plain.items() if name not in _LATER or value != _DEFAULTS[name]}
    window = {name: value for name, value in plain["window"].items() if name != "table" or value}
    return {**kept, "window": window}


_DEFAULTS: Final = msgspec.to_builtins(KeyImage("axial", (0.0, 0.0, 0.0), Window(0, 1)))

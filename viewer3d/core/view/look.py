"""How one layer of a scene looks: window, colours, opacity, outlines and what decides it in 3D."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Literal, get_args

import numpy as np

from viewer3d.core.window import Window
from viewer3d.errors import ViewError

LayerBlend = Literal["over", "checkerboard", "split"]
"""Where an overlay is drawn: everywhere, in every other square of a pane, or right of a line."""

SHARE_FIELDS: Final = ("opacity", "ramp", "split")
"""The fields of a look that are 0 to 1."""

NOT_RENDERED: Final = "none"
"""The transfer function of a layer that the 3D pane leaves out."""


MOST_LEVELS: Final = 50
"""Lines of one layer: each is followed through the pane with every picture."""

WIDEST_OUTLINE: Final = 20
"""Pixels: an outline that is wider hides what it is around."""

REGION_SHARE_FIELDS: Final = ("fill", "opacity")
"""The fields of a look of regions that are 0 to 1."""

STRETCH_LIMITS: Final = (0.05, 20.0)
"""Least and most that a transfer function is narrowed and widened."""

REGION_RENDERINGS: Final = ("surface", NOT_RENDERED)
"""How the 3D pane shows regions: as opaque surfaces, or not."""


@dataclass(frozen=True)
class RegionLook:
    """How the segments of a segmentation look, or the regions of interest of a structure set.

    Attributes
    ----------
    shown : bool
        Whether slices and the 3D pane show any.
    segments : tuple of int, optional
        Numbers of the segments or regions of interest that are seen; None for all.
    outline : int
        Width in pixels of the line along a region's edge, within it; 0 for none.
    fill : float
        Opacity of the inside, 0 to 1.
    opacity : float
        Of outline and fill together, 0 to 1.
    rendering : {"surface", "none"}
        How the 3D pane shows them.
    """

    shown: bool = True
    segments: tuple[int, ...] | None = None
    outline: int = 2
    fill: float = 0.3
    opacity: float = 1.0
    rendering: str = "surface"

    def __post_init__(self) -> None:
        if self.segments is not None:
            object.__setattr__(self, "segments", tuple(sorted({int(one) for one in self.segments})))
        if not 0 <= self.outline <= WIDEST_OUTLINE:
            raise ViewError(f"outline {self.outline} of a layer: give 0 to {WIDEST_OUTLINE} pixels")
        _check_shares(self, REGION_SHARE_FIELDS)
        if self.rendering not in REGION_RENDERINGS:
            raise ViewError(f"rendering {self.rendering!r:.40} of regions: give {' or '.join(REGION_RENDERINGS)}")

    def sees(self, number: int) -> bool:
        """Return whether a segment or region of interest of a number is seen."""
        return self.shown and (self.segments is None or number in self.segments)


@dataclass(frozen=True)
class ImageLook:
    """How a layer of voxels looks.

    Attributes
    ----------
    window : Window
        From values to grey, the same in every pane.
    colors : str
        Name of the colour map of slices, see ``presets/colors.toml``.
    inverted : bool
        Whether slices show black what they would show white, and the other way round.
    value_bar : bool
        Whether slices have a bar that says which colour is which value.
    rendering : str
        Name of the transfer function of the 3D pane; :data:`NOT_RENDERED` leaves the layer out of it.
    rendering_shift : float
        What the transfer function's values are raised by, in the unit of the layer.
    couch_hidden : bool
        Whether the 3D pane leaves out couch and head-holder.
    member : int
        Which volume of a 4-D set is seen, from 0 in the order of ``load_all``.
    shown : bool
        Whether slices show it.
    opacity : float
        0 to 1, of an overlay over what lies below it; the base is opaque.
    ramp : float
        The lowest share of the window, 0 to 1, over which an overlay's opacity rises from 0 to ``opacity``: below the
        window it is not seen. 0 makes it the same for all values.
    blend : {"over", "checkerboard", "split"}
        Where an overlay is drawn.
    split : float
        Where the line of ``"split"`` stands, 0 to 1 of a pane's width from the left.
    levels : tuple of float
        Values in the unit of the layer, the lowest first, along which slices have lines: of a dose its isodose lines.
        They are drawn whatever the opacity is.
    level_base : float
        The value that levels are written in percent of; 0 writes them in the unit.
    level_base_name : str
        What that value is: ``"prescription"`` or ``"maximum"``.
    graphics : bool
        Whether slices show the graphics of its presentation state, or the overlay planes and shutters of its images,
        where :func:`viewer3d.load` was asked for them.
    face_hidden : bool
        Whether the 3D pane, and projections of the whole volume, leave out the front of a face, of all layers where
        one of them asks for it.
    rendering_stretch : float
        What the distances of the transfer function's values from their middle are multiplied by: above 1 it is wider,
        as a window of a slice may be; the shift comes after.
    """

    window: Window
    colors: str = "grey"
    inverted: bool = False
    value_bar: bool = False
    rendering: str = "auto"
    rendering_shift: float = 0.0
    couch_hidden: bool = False
    member: int = 0
    shown: bool = True
    opacity: float = 1.0
    ramp: float = 0.0
    blend: LayerBlend = "over"
    split: float = 0.5
    levels: tuple[float, ...] = ()
    level_base: float = 0.0
    level_base_name: str = ""
    graphics: bool = True
    face_hidden: bool = False
    rendering_stretch: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(map(float, self.levels)))
        if (
            len(self.levels) > MOST_LEVELS
            or not np.isfinite(self.levels).all()
            or sorted(set(self.levels)) != [*self.levels]
        ):
            raise ViewError(f"levels {self.levels}: give up to {MOST_LEVELS} finite values, each higher than the last")
        if not np.isfinite(self.level_base) or self.level_base < 0:
            raise ViewError(f"level_base {self.level_base}: give the value that is 100 %, or 0 for none")
        if not np.isfinite(self.rendering_shift) or self.member < 0:
            raise ViewError(
                f"shift {self.rendering_shift} and member {self.member}: give a finite shift and a member from 0"
            )
        check_stretch(self.rendering_stretch)
        _check_shares(self, SHARE_FIELDS)
        if self.blend not in get_args(LayerBlend):
            raise ViewError(f"no blend of layers is named {self.blend!r}: give {', '.join(get_args(LayerBlend))}")


REGION_FIELDS: Final = frozenset(f.name for f in fields(RegionLook)) - {f.name for f in fields(ImageLook)}
"""The fields that looks of regions alone have."""

IMAGE_FIELDS: Final = frozenset(f.name for f in fields(ImageLook)) - {f.name for f in fields(RegionLook)}
"""The fields that looks of images alone have."""


def check_stretch(stretch: float) -> None:
    """Check the stretch of a transfer function.

    Raises
    ------
    ViewError
        When it is not within :data:`STRETCH_LIMITS`.
    """
    if not STRETCH_LIMITS[0] <= stretch <= STRETCH_LIMITS[1]:
        raise ViewError(
            f"stretch {stretch} of a transfer function: give {STRETCH_LIMITS[0]:g} to {STRETCH_LIMITS[1]:g}"
        )


def _check_shares(look: ImageLook | RegionLook, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(look, name)
        if not 0 <= value <= 1:
            raise ViewError(f"{name} {value} of a layer: give 0 to 1")

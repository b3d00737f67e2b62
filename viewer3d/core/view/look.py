"""How one layer of a scene looks: window, colours, opacity and what decides it in 3D."""

from __future__ import annotations

from dataclasses import dataclass
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

    def __post_init__(self) -> None:
        if not np.isfinite(self.rendering_shift) or self.member < 0:
            raise ViewError(
                f"shift {self.rendering_shift} and member {self.member}: give a finite shift and a member from 0"
            )
        for name in SHARE_FIELDS:
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ViewError(f"{name} {value} of a layer: give 0 to 1")
        if self.blend not in get_args(LayerBlend):
            raise ViewError(f"no blend of layers is named {self.blend!r}: give {', '.join(get_args(LayerBlend))}")

"""A CT without couch and head-holder: what lies and looks like one becomes air, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from viewer3d.core.volume import Volume, cached
from viewer3d.errors import ViewError
from viewer3d.render.couch.axis_blocks import AxisBlocks, find_axis_blocks
from viewer3d.render.couch.masks import Mask, opened
from viewer3d.render.couch.shape import ALL_WAYS, Down, find_couch

AIR: Final = -1000
"""HU of what is hidden."""

MATTER: Final = -500.0
"""HU: foam, wood and lung are thinner, fat is denser."""

TOLD: Final = -800.0
"""HU: of what is hidden, what is denser is told in ml; foam and the noise of air are not."""

SPARSE: Final = 0.03
"""Of what is dense in the fullest plane: in planes with less a body neither begins nor ends."""

POSITIONS: Final = {
    "HFS": (2, 1, 1), "FFS": (2, 1, 1), "HFP": (2, 1, -1), "FFP": (2, 1, -1),
    "HFDR": (2, 0, -1), "FFDR": (2, 0, -1), "HFDL": (2, 0, 1), "FFDL": (2, 0, 1),
    "LFS": (0, 1, 1), "RFS": (0, 1, 1), "LFP": (0, 1, -1), "RFP": (0, 1, -1),
    "AFDR": (1, 0, -1), "PFDR": (1, 0, -1), "AFDL": (1, 0, 1), "PFDL": (1, 0, 1),
}  # fmt: skip
"""Patient Position (PS3.3 C.7.3.1.1.2) to the patient's axis along the scanner's, and the axis and sign of what is
down: on their back patients have the couch towards +y, lying on the right side towards -x."""


@dataclass(frozen=True, eq=False)
class CouchRemoval:
    """A volume without its couch.

    Attributes
    ----------
    volume : Volume
        Of the same geometry; the volume itself where nothing was hidden.
    ml : float, optional
        How much of what was hidden is denser than :data:`TOLD`; None where no couch was found.
    """

    volume: Volume
    ml: float | None = None

    @property
    def text(self) -> str:
        """What was hidden, in a few words."""
        return "no couch found" if self.ml is None else f"couch hidden, {self.ml:.0f} ml"

    @property
    def notes(self) -> tuple[str, ...]:
        """What was hidden, in one sentence; none where nothing was."""
        if self.ml is None:
            return ()
        return (
            f"3D leaves out what lies and looks like a couch or holder: {self.ml:.0f} ml denser than {TOLD:.0f} HU; "
            "couch_hidden=False (--show-couch, u in the window) shows it.",
        )


def begins_hidden(volume: Volume) -> bool:
    """Whether 3D leaves the couch out unless it is asked for: in a CT in which one is found beyond doubt."""
    return volume.modality == "CT" and volume.unit == "HU" and bool(cached(volume, _couch)[1].any())


def hide_couch(volume: Volume) -> CouchRemoval:
    """Put air where a couch or holder is, and leave all else as it is; what was found is kept with the volume.

    Parameters
    ----------
    volume : Volume
        In HU.

    Raises
    ------
    ViewError
        When the volume is not in HU.
    """
    check_couch(volume)
    return cached(volume, _hidden)


def body_span(volume: Volume, axis: int) -> tuple[int, int]:
    """Find the first and the last plane across an axis of the grid with what is dense and not of a couch.

    Parameters
    ----------
    volume : Volume
        In HU.
    axis : int
        Of the grid: 0 for i, 1 for j, 2 for k.

    Returns
    -------
    tuple of int
        Their indices along it, to a block of :mod:`viewer3d.render.couch.axis_blocks`; those of the ends when there
        is nothing.

    Raises
    ------
    ViewError
        When the volume is not in HU.
    """
    check_couch(volume)
    return cached(volume, _spans)[axis]


def check_couch(volume: Volume) -> None:
    """Make sure that the couch of a volume can be told from the body.

    Raises
    ------
    ViewError
        When the volume is not in HU.
    """
    if volume.unit != "HU":
        unit = volume.unit or "no unit"
        raise ViewError(f"couch and body are told apart by HU, this volume is in {unit}: leave the couch in")


def _couch(volume: Volume) -> tuple[AxisBlocks, Mask]:
    along, axis, sign = POSITIONS.get(volume.patient_position, (2, None, 0))
    upright = find_axis_blocks(volume, MATTER, along)
    ways = ALL_WAYS if axis is None else (Down(upright.axes.index(axis), sign > 0),)
    values = partial(upright.values, volume)
    return upright, find_couch(upright.dense, upright.spacing, upright.size, values, ways)


def _hidden(volume: Volume) -> CouchRemoval:
    upright, couch = cached(volume, _couch)
    if not couch.any():
        return CouchRemoval(volume)
    shown = volume.voxels.copy(order="F")
    count = 0
    for where, part in upright.masks(couch, volume.shape):
        voxels = shown[where]
        count += int(np.count_nonzero(part & (voxels > TOLD)))
        np.copyto(voxels, AIR, where=part, casting="same_kind")
    ml = count * float(np.prod(volume.spacing)) / 1000
    return CouchRemoval(replace(volume, voxels=shown), ml)


def _spans(volume: Volume) -> list[tuple[int, int]]:
    upright, couch = cached(volume, _couch)
    # What is thinner than two blocks both ways is noise, a line or a sheet.
    kept = opened(upright.dense & ~couch, {1: 2, 2: 2})
    return upright.spans(kept, volume.shape, SPARSE) if kept.any() else [(0, length - 1) for length in volume.shape]

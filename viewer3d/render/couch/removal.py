"""Remove couch and head-holder from a CT: what lies and looks like one becomes air, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from viewer3d.core.notes.note import Note
from viewer3d.core.volume import Volume, cached
from viewer3d.errors import ViewError
from viewer3d.render.couch.axis_blocks import AxisBlocks, find_axis_blocks
from viewer3d.render.couch.carved import CarvedVolume, CarvedVoxels
from viewer3d.render.couch.masks import Mask, opened
from viewer3d.render.couch.shape import ALL_DIRECTIONS, DownDirection, find_couch

REMOVED_HU: Final = -1000
"""HU that what is hidden gets."""

DENSE_HU: Final = -500.0
"""HU: foam, wood and lung are less dense, fat is denser."""

COUNTED_HU: Final = -800.0
"""HU: of what is hidden, the ml of what is denser are reported; foam and the noise of air do not count."""

SPARSE_SHARE: Final = 0.03
"""Share of what is dense in the fullest plane: in planes with less a body neither begins nor ends."""

POSITIONS: Final = {
    "HFS": (2, 1, 1), "FFS": (2, 1, 1), "HFP": (2, 1, -1), "FFP": (2, 1, -1),
    "HFDR": (2, 0, -1), "FFDR": (2, 0, -1), "HFDL": (2, 0, 1), "FFDL": (2, 0, 1),
    "LFS": (0, 1, 1), "RFS": (0, 1, 1), "LFP": (0, 1, -1), "RFP": (0, 1, -1),
    "AFDR": (1, 0, -1), "PFDR": (1, 0, -1), "AFDL": (1, 0, 1), "PFDL": (1, 0, 1),
}  # fmt: skip
"""Patient Position (PS3.3 C.7.3.1.1.2) to the patient's axis along the scanner's, and axis and sign of the direction
down: patients on their back have the couch towards +y, those on their right side towards -x."""


@dataclass(frozen=True, eq=False)
class CouchRemoval:
    """A volume without its couch, and how much was removed.

    Attributes
    ----------
    source : Volume
        With the couch.
    couchless : CarvedVolume, optional
        Without it; None where nothing was hidden.
    ml : float, optional
        How much of what was hidden is denser than :data:`COUNTED_HU`; None where no couch was found.
    """

    source: Volume
    couchless: CarvedVolume | None = None
    ml: float | None = None

    @property
    def shown(self) -> Volume | CarvedVolume:
        """What is to be shown; the volume itself where nothing was hidden."""
        return self.couchless or self.source

    @property
    def volume(self) -> Volume:
        """What is shown as a volume with all its voxels in memory, which is made anew each time."""
        if self.couchless is None:
            return self.source
        return replace(self.source, voxels=self.couchless.voxels[:, :, :])

    @property
    def text(self) -> str:
        """What was hidden, in a few words."""
        return "no couch found" if self.ml is None else f"couch hidden, {self.ml:.0f} ml"

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was hidden, in one sentence; none where nothing was."""
        if self.ml is None:
            return ()
        text = (
            f"3D leaves out what lies and looks like a couch or holder: {self.ml:.0f} ml denser than {COUNTED_HU:.0f} "
            "HU; couch_hidden=False (--show-couch, u in the window) shows it."
        )
        return (Note(text, "not_shown.couch"),)


def begins_hidden(volume: Volume) -> bool:
    """Return whether 3D leaves the couch out at first: in a CT in which one is found beyond doubt."""
    return volume.modality == "CT" and volume.unit == "HU" and bool(cached(volume, _couch)[1].any())


def hide_couch(volume: Volume) -> CouchRemoval:
    """Return a volume with air where a couch or holder is; what was found is kept with the volume.

    Parameters
    ----------
    volume : Volume
        In HU.

    Returns
    -------
    CouchRemoval

    Raises
    ------
    ViewError
        When the volume is not in HU.
    """
    check_couch(volume)
    # What is kept with the volume does not refer to it: it is freed as soon as nobody has it.
    return CouchRemoval(volume, *cached(volume, _without_couch))


def body_span(volume: Volume, axis: int) -> tuple[int, int]:
    """Return the first and the last plane of a grid with something dense that is not of a couch.

    Parameters
    ----------
    volume : Volume
        In HU.
    axis : int
        Axis of the grid that the planes lie across: 0 for i, 1 for j, 2 for k.

    Returns
    -------
    tuple of int
        Their indices along it, as exact as the blocks of :mod:`viewer3d.render.couch.axis_blocks`; those of the ends
        when there is nothing.

    Raises
    ------
    ViewError
        When the volume is not in HU.
    """
    check_couch(volume)
    return cached(volume, _body_spans)[axis]


def check_couch(volume: Volume) -> None:
    """Check that the couch of a volume can be told from the body.

    Parameters
    ----------
    volume : Volume

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
    blocks = find_axis_blocks(volume, DENSE_HU, along)
    down = ALL_DIRECTIONS if axis is None else (DownDirection(blocks.axes.index(axis), sign > 0),)
    values = partial(blocks.middle_values, volume)
    return blocks, find_couch(blocks.dense, blocks.spacing, blocks.size, values, down)


def _without_couch(volume: Volume) -> tuple[CarvedVolume | None, float | None]:
    blocks, couch = cached(volume, _couch)
    if not couch.any():
        return None, None
    masks: dict[int, Mask] = {}
    columns = rows = slice(0, 0)
    count = 0
    for (columns, rows, k), part in blocks.voxel_masks(couch, volume.shape):
        count += int(np.count_nonzero(part & (volume.voxels[columns, rows, k] > COUNTED_HU)))
        masks[k] = part
    ml = count * float(np.prod(volume.spacing)) / 1000
    voxels = CarvedVoxels(volume.voxels, columns, rows, masks, REMOVED_HU)
    return CarvedVolume(voxels, volume.geometry, volume.unit), ml


def _body_spans(volume: Volume) -> list[tuple[int, int]]:
    blocks, couch = cached(volume, _couch)
    # What is thinner than two blocks in both directions is noise, a line or a sheet.
    kept = opened(blocks.dense & ~couch, {1: 2, 2: 2})
    if not kept.any():
        return [(0, length - 1) for length in volume.shape]
    return blocks.voxel_spans(kept, volume.shape, SPARSE_SHARE)

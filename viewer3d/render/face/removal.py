"""Cut a face away from volumes, and say where one is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.notes.note import Note
from viewer3d.core.volume import Volume, cached
from viewer3d.errors import ViewError
from viewer3d.render.couch.carved import CarvedVolume, CarvedVoxels, Shown
from viewer3d.render.couch.masks import Mask
from viewer3d.render.couch.removal import REMOVED_HU, CouchRemoval, hide_couch
from viewer3d.render.face.cut import FaceCut
from viewer3d.render.face.find import FACE_MODALITIES, find_face

VISIBLE: Final = (
    "The skin of a face is in this volume: 3D and maxima show who it is; face_hidden=True (--hide-face, Shift + u in "
    "the window) cuts it away."
)

HIDDEN: Final = (
    "3D and maxima leave out the front of a face; ears, teeth, slices and the data still tell who it is: it protects "
    "this picture, and de-identifies nothing."
)


def face_of(volume: Volume) -> FaceCut | None:
    """Return where a face would be cut away from a volume, or None; it is kept with the volume."""
    return cached(volume, find_face)


def face_to_hide(volume: Volume) -> FaceCut:
    """Return where to cut a face away from a volume.

    Raises
    ------
    ViewError
        When none is found: what was asked to be hidden is not drawn as it is.
    """
    cut = face_of(volume)
    if cut is None:
        found = "no face was found in this volume"
        why = found if volume.modality in FACE_MODALITIES else f"no face is looked for in {volume.modality}"
        raise ViewError(
            f"face_hidden: {why}, so none can be hidden: look at it, and where it has no face leave "
            "face_hidden (--hide-face) out; where it has one draw slices alone (--view mpr), or crop the volume"
        )
    return cut


def face_notes(volume: AnyVolume, *, is_hidden: bool = False) -> tuple[Note, ...]:
    """Return what is to be said of a face beside a picture in 3D or of maxima.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    is_hidden : bool
        Whether the picture hides it.

    Returns
    -------
    tuple of Note
        ``face.visible`` where the skin of a face is found, or ``face.hidden``; nothing where there is none.
    """
    volume = as_volume(volume)
    if is_hidden:
        return (Note(HIDDEN, "face.hidden"),)
    return (Note(VISIBLE, "face.visible"),) if face_of(volume) is not None else ()


def without_face(shown: Shown, cut: FaceCut) -> Shown:
    """Return a volume with air where a face is cut away; itself where nothing of it is.

    Parameters
    ----------
    shown : Volume or CarvedVolume
    cut : FaceCut
        In the world of the volume (LPS, mm), perhaps of another volume there.
    """
    carved = cached(shown, _Carver(cut))
    return shown if carved is None else carved


def with_face_hidden(volumes: Sequence[Volume], cut: FaceCut) -> tuple[Volume, ...]:
    """Return volumes without a face, with all their voxels in memory."""
    carved = ((volume, without_face(volume, cut)) for volume in volumes)
    return tuple(
        replace(volume, voxels=shown.voxels[:, :, :], measured=None) if isinstance(shown, CarvedVolume) else volume
        for volume, shown in carved
    )


def without_couch_and_face(volume: Volume, *, couch_hidden: bool, face_hidden: bool) -> tuple[Volume, tuple[Note, ...]]:
    """Return a volume that a surface is made of, and notes on what it leaves out.

    Parameters
    ----------
    volume : Volume
    couch_hidden, face_hidden : bool
        What is to be left out.

    Raises
    ------
    ViewError
        When the couch of a volume that is not in HU or a face that is not found is to be left out.
    """
    removal = hide_couch(volume) if couch_hidden else CouchRemoval(volume)
    notes = (Note(f"{removal.text.capitalize()}.", "surface.couch"),) if couch_hidden else ()
    shown = with_face_hidden([removal.volume], face_to_hide(volume))[0] if face_hidden else removal.volume
    return shown, (*notes, *face_notes(volume, is_hidden=face_hidden))


@dataclass(frozen=True)
class _Carver:
    # Makes a volume without a face; equal ones make the same, so that it is kept with the volume.
    cut: FaceCut

    def __call__(self, shown: Shown) -> CarvedVolume | None:
        masks: dict[int, Mask] = {}
        columns = rows = slice(0, 0)
        air = np.inf
        for (columns, rows, k), part in self.cut.voxel_masks(shown.geometry):
            masks[k] = part
            values: NDArray[Any] = shown.voxels[columns, rows, k : k + 1]
            air = min(air, float(np.fmin.reduce(values, None)))
        if not masks:
            return None
        air = REMOVED_HU if shown.unit == "HU" else air
        return CarvedVolume(CarvedVoxels(shown.voxels, columns, rows, masks, air), shown.geometry, shown.unit)

"""What is said of the marked notes of data: a phrase each, by their ids, without a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import atan2, degrees
from typing import TYPE_CHECKING, Final

from viewer3d.core.notes.kinds import NOTE_KINDS
from viewer3d.recipes.words.english import enumerated, in_digits, tenths

if TYPE_CHECKING:
    from viewer3d.recipes.data_record import NoteRecord, VolumeRecord

PHRASES: Final = {
    "slices.tilted": "gantry tilt resampled",
    "slices.uneven": "uneven slices interpolated onto even steps",
    "slices.missing": "missing slices filled by interpolation",
    "slices.kept": "irregular slices kept off their places",
    "slices.spacing_given": "slice spacing given by hand",
    "slices.pixel_spacing_given": "pixel spacing given by hand",
    "slices.orientation_assumed": "images without an orientation taken as axial",
    "images.several_frames": "images of several frames of reference taken to lie in one",
    "images.frame_unnamed": "images without a frame of reference taken to lie in that of the others",
    "images.order_guessed": "order of images at one position guessed",
    "images.inverted_in_part": "images that mean black and white the other way round shown as the first",
    "values.unit_given": "unit given by hand",
    "values.rescale_assumed": "rescale slope or intercept assumed",
    "segments.overlaid": "overlapping frames of a label map, the later over the earlier",
    "segments.off_grid": "frames of a segmentation moved onto an even grid",
    "segments.thickness_assumed": "slice thickness of a segmentation assumed",
    "placing.transform": "placed by a given transform",
    "placing.same_frame": "taken to lie in the frame of reference of the base, as was asked for",
    "placing.same_grid": "taken to lie where the base does, on the same grid",
    "placing.sheared": "resampled after a transform that shears",
    "file.no_place": "place in the patient unknown",
    "file.no_origin": "origin unknown",
    "file.no_spacing": "voxel spacing unknown",
    "file.space_assumed": "coordinate system assumed",
    "file.two_places": "one of two places in the file chosen",
    "file.bad_place": "place in the file unusable",
    "file.orientation_conflict": "conflicting orientations in the file",
    "file.sheared": "sheared grid resampled to right angles",
    "file.shear_kept": "sheared grid kept",
    "file.unit_overruled": "unit in the file overruled",
    "grid.masked": "voxels masked",
    "mesh.axes_assumed": "axes of a mesh assumed",
    "mesh.unit_assumed": "unit of a mesh assumed",
    "compared.same_grid": "compared voxel by voxel, on the same grid",
}
"""Of each kind of note that is marked (:data:`viewer3d.core.notes.kinds.NOTE_KINDS`)."""

LOSSES: Final = {
    "images.interrupted": "unfinished volume of an interrupted series left out",
    "images.other_grid": "a time on another grid",
    "images.without_place": "images without a position",
    "images.unreadable": "images that cannot be read",
    "files.unreadable": "files that cannot be read",
    "values.lossy": "what lossy compression of the source lost",
    "presentation.unreadable": "overlay planes or shutters that cannot be read",
    "not_shown.planes": "overlay planes or shutters of the images",
    "not_shown.presentations": "presentation states",
    "not_shown.plane": "a damaged overlay plane",
    "not_shown.shutter": "a damaged shutter",
    "not_shown.annotations": "damaged annotations of a presentation state",
    "not_shown.rotation": "rotation or flip of a presentation state",
    "not_shown.presentation_table": "a presentation LUT",
    "not_shown.subtraction": "a mask subtraction",
    "not_shown.couch": "couch in 3D",
    "not_shown.graphics": "graphics of a layer",
    "not_shown.outside": "a layer outside of a pane",
    "not_shown.members": "other volumes of the set",
    "not_shown.crop": "what is outside of the crop box",
    "not_shown.reduced": "full resolution in 3D",
    "not_shown.coarse": "full quality in 3D",
    "not_shown.in_volume": "a layer or surfaces in 3D",
    "face.hidden": "front of a face",
    "segments.no_number": "a segment without a number",
    "structures.no_number": "a region of interest without a number",
    "structures.no_contour_sequence": "regions of interest without contours",
    "structures.contours_left_out": "contours that mean nothing",
    "placing.left_out": "data in another frame of reference",
    "labels.left_out": "labels without a meaning",
    "mesh.lines_left_out": "lines and points of a mesh",
}
"""What is not shown, of each kind of note on a loss."""

DIFFERING: Final = {
    "compare.plane": "slice plane",
    "compare.contrast": "contrast agent",
    "compare.kvp": "tube voltage",
    "compare.iterative": "iterative reconstruction",
    "compare.point_spread": "point spread model",
    "compare.attenuation": "attenuation correction",
    "compare.scatter": "scatter correction",
    "compare.decay": "decay correction",
    "compare.b_value": "b-value",
}
"""Of notes on what keeps two volumes from being compared, the names that are not in their ids."""


def loss_phrases(notes: Iterable[NoteRecord]) -> list[str]:
    """Return one phrase that lists what a picture does not show of the data; none where it shows all."""
    ratios = {one.id: f" ({in_digits(_rounded(one.ratio))} : 1)" if one.ratio else "" for one in notes}
    told = [f"{LOSSES.get(name, 'a part of the data')}{ratio}" for name, ratio in ratios.items()]
    return [f"not shown: {enumerated(told)}"] if told else []


def note_phrases(notes: Iterable[NoteRecord], volume: VolumeRecord | None = None) -> tuple[str, ...]:
    """Return phrases of what was done to data that changes where things are or what they mean.

    Parameters
    ----------
    notes : iterable of NoteRecord
    volume : VolumeRecord, optional
        Whose they are: then a tilt of the gantry is told in degrees.
    """
    told = (_phrase(one, volume) for one in notes if one.id in NOTE_KINDS)
    return tuple(dict.fromkeys(told))


def _phrase(note: NoteRecord, volume: VolumeRecord | None) -> str:
    phrase = PHRASES.get(note.id, "marked note on the data")
    if note.id == "slices.tilted" and (angle := _tilt(note, volume)):
        return f"gantry tilt of {angle} degrees resampled"
    moved = [f"up to {in_digits(_rounded(note.moved_mm))} mm"] if note.moved_mm else []
    moved += [f"values by up to {in_digits(_rounded(note.moved_values))}"] if note.moved_values else []
    return f"{phrase} ({', '.join(moved)})" if moved else phrase


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def _tilt(note: NoteRecord, volume: VolumeRecord | None) -> str:
    """Return the angle of a tilt in degrees; empty of a volume that was changed since.

    The slices were moved by as much as the first is beside the last, and lie on the grid as far apart as they did.
    """
    made = None if volume is None else volume.provenance
    if volume is None or made is None or made.changes or not note.moved_mm:
        return ""
    geometry = volume.geometry
    extent = (geometry.shape[2] - 1) * geometry.spacing[2]
    return tenths(degrees(atan2(note.moved_mm, extent))) if extent > 0 else ""


def joined(phrases: Sequence[str]) -> str:
    """Return phrases parted by semicolons."""
    return "; ".join(dict.fromkeys(filter(None, phrases)))

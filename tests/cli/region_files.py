"""A segmentation, a structure set and label maps that lie over a CT of the phantom, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import nibabel
import numpy as np

from tests.dicom.objects import seg_files, structure_files
from viewer3d import load

NAMES = ("Liver", "Lung, left")
"""Of the segments 1 and 2: in quotes, a comma is a letter."""


class Regions(NamedTuple):
    """Paths of what lies over a CT.

    Attributes
    ----------
    seg : Path
        A segmentation with two segments that overlap and a third without a frame.
    structures : Path
        A structure set with a PTV, and points alone.
    labels : Path
        A label map (NIfTI) on the grid of the CT.
    organs : Path
        A folder with two files of an organ each, on the same grid.
    """

    seg: Path
    structures: Path
    labels: Path
    organs: Path


def write_regions(folder: Path, ct: Path, **values: Any) -> Regions:
    """Write them into a folder; `values` are set on the two DICOM objects."""
    folder.mkdir(parents=True, exist_ok=True)
    volume = load(ct)
    about = {"FrameOfReferenceUID": volume.frame_of_reference, "StudyInstanceUID": "1.2.1", **values}
    organs = folder / "organs"
    organs.mkdir()
    for name, at in _ORGANS.items():
        label_map(organs / f"{name}.nii.gz", volume, {1: at})
    return Regions(
        seg_files.save(segmentation(**about), folder, "seg.dcm"),
        structure_files.save(structures(about["FrameOfReferenceUID"]), folder, "structures.dcm"),
        label_map(folder / "labels.nii.gz", volume, {1: (slice(8, 20), 10), 3: (slice(21, 25), 10)}),
        organs,
    )


_ORGANS = {"liver": (slice(8, 20), 10), "spleen": (slice(21, 25), 10)}


def segmentation(**values: Any) -> Any:
    first, second = np.zeros((2, 12, 10), np.uint8)
    first[1:9, 1:9] = 1
    second[5:11, 4:10] = 1
    frames = [(1, z, first) for z in (0, 1, 2)] + [(2, z, second) for z in (1, 2, 3)]
    table = [seg_files.segment(1, NAMES[0]), seg_files.segment(2, NAMES[1]), seg_files.segment(3, "Cyst")]
    table[1].RecommendedDisplayCIELabValue = [20000, 40000, 20000]
    measures = {"PixelSpacing": [10.0, 10.0], "SpacingBetweenSlices": seg_files.STEP, "SliceThickness": seg_files.STEP}
    return seg_files.seg(frames, table, measures=measures, **values)


def structures(frame: str) -> Any:
    rings = [structure_files.contour(structure_files.circle(55.0, 60, (10.0, 0.0), z)) for z in (-6.0, 0.0, 6.0)]
    rois = [
        structure_files.roi(1, rings, ROIName="PTV 60", ReferencedFrameOfReferenceUID=frame),
        structure_files.roi(
            4,
            [structure_files.contour(b"1\\2\\3", "POINT")],
            ROIName="Isocentre",
            ReferencedFrameOfReferenceUID=frame,
        ),
    ]
    return structure_files.structure_set(rois)


def label_map(path: Path, volume: Any, boxes: dict[int, tuple[slice, int]]) -> Path:
    labels = np.zeros(volume.shape, np.uint8)
    for number, (columns, row) in boxes.items():
        labels[columns, row : row + 9, 2:9] = number
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([-1.0, -1, 1, 1]) @ volume.affine), path)
    return path

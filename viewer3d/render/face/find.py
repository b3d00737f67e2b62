"""Find the skin of a face by its shape alone: a nose before a head, below a forehead that is flat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.volume import Volume
from viewer3d.render.couch.masks import Mask
from viewer3d.render.face.cut import FaceCut, fit_cut
from viewer3d.render.face.head import SAMPLE_MM, CoarseSamples, Head, coarse_samples, find_heads, tissue_of

FACE_MODALITIES: Final = ("CT", "MR", "")
"""Whose pictures show skin, and what files that are not DICOM say; of PET, dose and the like no face is looked for."""

CHEEK_SAMPLES: Final = 6
"""Samples (24 mm): so far from a nose's ridge are cheeks. At its base a nose is 27 to 42 mm wide (L. G. Farkas,
Anthropometry of the Head and Face, 1994)."""

NOSE_MM: Final = 10.0
"""What stands out so far before both cheeks is a nose: noses reach 15 to 30 mm, and the front of a round head of 75 mm
radius stands out by 4."""

NOSE_PLANES: Final = (4, 26)
"""Planes of samples (16 to 104 mm) over which something stands out: a nose, or with lips and chin, which may too."""

FLAT_MM: Final = 9.0
"""The forehead above a nose stands out by less."""

FOREHEAD: Final = (3, 12)
"""Planes of samples above a nose in which its forehead is, where the volume goes on so far."""

OFF_MIDDLE: Final = 9
"""Samples (36 mm) that a nose is off the middle of a head that is turned to a side, at most."""

NASION_SHARE: Final = 0.55
"""Height of the crown above the root of the nose, over the depth of the head: 100 to 115 mm of 195."""

EYES_PLANES: Final = 4
"""Planes of samples (16 mm) below the root of the nose: with fewer a head without a nose shows no eyes."""

SKIN_SHARE: Final = 0.5
"""Of a face's columns so many have skin in front, in HU: a bare skull has not."""

SOFT_HU: Final = (-300.0, 250.0)
"""HU: skin, fat and muscle."""

CROWN_SHARE: Final = 0.75
"""Where a head is seen up to its crown, its highest plane is narrower than this share of the widest."""


class FaceMarks(NamedTuple):
    """Where a face is in coarse samples.

    Attributes
    ----------
    root : float
        Plane of the root of the nose, at the height of the eyes.
    tip : float
        Plane of its tip.
    column : float
        Of the middle of the face.
    """

    root: float
    tip: float
    column: float


@dataclass(frozen=True, eq=False)
class _Front:
    """The skin as seen from the front: for each plane and column the first row that is of the body, or -1."""

    rows: NDArray[np.intp]
    head: Head

    def out_by(self, at: int) -> tuple[float, int]:
        """Return by how many mm the front of a plane stands out before its cheeks, and in which column."""
        row, middle = self.rows[self.head.planes[at]], int(self.head.middles[at])
        low, high = max(middle - OFF_MIDDLE, CHEEK_SAMPLES), min(middle + OFF_MIDDLE, len(row) - 1 - CHEEK_SAMPLES)
        if high < low:
            return 0.0, middle
        ridge = row[low : high + 1]
        if (ridge < 0).all():
            return 0.0, middle
        first = int(np.where(ridge < 0, row.max() + 1, ridge).min())
        column = low + round(float(np.flatnonzero(ridge == first).mean()))
        sides = row[column - CHEEK_SAMPLES], row[column + CHEEK_SAMPLES]
        return (0.0 if min(sides) < 0 else float(min(sides) - first) * SAMPLE_MM), column

    def first_row(self, at: int, column: int) -> int:
        """Return the first row of the body in a column of a plane of the head."""
        return int(self.rows[self.head.planes[at], column])


def find_face(volume: Volume) -> FaceCut | None:
    """Return where to cut a face away from a volume, or None where there is none.

    Parameters
    ----------
    volume : Volume
        CT, MR, or of no modality; of all others it is None.

    Notes
    -----
    No template is fitted. In samples every 4 mm along the patient's axes a head is what is as wide and deep over 40 mm
    and more. A face is where a narrow thing stands out in front of it, with a flat forehead above. A head that is seen
    from its crown to below the eyes, but not down to a nose, is taken to have one there too.
    """
    if volume.modality not in FACE_MODALITIES:
        return None
    samples = coarse_samples(volume)
    tissue = tissue_of(samples, volume.unit)
    rows = np.where(tissue.any(1), tissue.argmax(1), -1)
    # What begins in the first row is cut off by the end of the volume: no air, and so no skin, is in front of it.
    rows[rows == 0] = -1
    for head in find_heads(tissue):
        front = _Front(rows, head)
        marks = _nose(front) or _eyes(front)
        if marks is not None and _has_skin(volume, samples, tissue, rows, marks):
            return fit_cut(rows, samples.origin, marks)
    return None


def _nose(front: _Front) -> FaceMarks | None:
    planes = front.head.planes
    out = [front.out_by(at) for at in range(len(planes))]
    stands = np.array([mm >= NOSE_MM for mm, _ in out])
    for first, last in _runs(stands)[::-1]:  # the highest first: a chin stands out too
        if not NOSE_PLANES[0] <= last - first + 1 <= NOSE_PLANES[1]:
            continue
        above = [mm for mm, _ in out[last + FOREHEAD[0] : last + FOREHEAD[1]]]
        if above and np.median(above) > FLAT_MM:
            continue
        upper = range(max(first, last - 13), last + 1)
        # The tip is where a nose is furthest in front, within 52 mm below its root; the lowest of several such planes.
        tip = min(upper, key=lambda at: (front.first_row(at, out[at][1]), at))
        column = float(np.median([out[at][1] for at in upper]))
        return FaceMarks(float(planes[last]), float(planes[tip]), column)
    return None


def _eyes(front: _Front) -> FaceMarks | None:
    # A head from its crown to below the eyes, whose nose is not in the volume.
    head = front.head
    widths, depths = (head.boxes[:, n + 1] - head.boxes[:, n] + 1 for n in (2, 0))
    if head.planes[-1] == len(front.rows) - 1 or widths[-1] > CROWN_SHARE * widths.max():
        return None
    root = float(head.planes[-1] - NASION_SHARE * depths.max())
    if root - head.planes[0] < EYES_PLANES:
        return None
    return FaceMarks(root, root - 10, float(np.median(head.middles)))


def _has_skin(volume: Volume, samples: CoarseSamples, tissue: Mask, rows: NDArray[np.intp], marks: FaceMarks) -> bool:
    if volume.unit != "HU":
        return True
    planes = slice(max(int(marks.tip) - 6, 0), int(marks.root) + 3)
    columns = slice(max(int(marks.column) - 10, 0), int(marks.column) + 11)
    part = rows[planes, columns]
    at = np.clip(part, 0, tissue.shape[1] - 1)[:, None, :]
    values = np.take_along_axis(samples.values[planes, :, columns], at, 1)[:, 0]
    is_soft = (values > SOFT_HU[0]) & (values < SOFT_HU[1]) & (part >= 0)
    return bool(np.count_nonzero(is_soft) > SKIN_SHARE * part.size)


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    # The first and last index of each run; gaps of one plane do not end it.
    closed = mask.copy()
    closed[1:-1] |= mask[:-2] & mask[2:]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], closed.astype(np.int8), [0]])))
    return [(int(first), int(last) - 1) for first, last in edges.reshape(-1, 2)]

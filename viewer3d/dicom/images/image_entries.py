"""List images that make no volume as rows of a catalog, called what they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.images.image2d import flat_volume
from viewer3d.core.progress import Progress
from viewer3d.core.series_info import MODALITIES
from viewer3d.core.volume import Volume
from viewer3d.dicom.catalog_rows import CatalogEntry
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.images.find_images import ImageSet
from viewer3d.dicom.images.read_images import image_thumbnail, read_images
from viewer3d.dicom.meaning.units import SECONDARY_CAPTURE
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.split_by_kind import LOCALIZER

_CALLED_BY_MODALITY: Final = frozenset(MODALITIES) - {"CT", "MR", "PT", "OT", "SC", "RTDOSE"}
"""Modalities whose images are called by them; those of others are slices, captures or anything."""

_LONGEST_SIDE: Final = 128
"""Of a thumbnail, in pixels: as those of volumes."""


def image_entry(one: ImageSet, how: ReadOptions) -> CatalogEntry:
    """Return the row of images that lie in no space."""
    number = "-" if one.tags.number is None else str(one.tags.number)
    return CatalogEntry(
        title=f"{number}  {one.tags.modality}".rstrip(),
        description=", ".join(part for part in (one.tags.description, one.label, image_kind(one)) if part),
        size=one.size,
        thumbnail=partial(_thumbnail, one),
        load=partial(_load, one, how),
        series=one.tags.uid,
        stack=one.number,
        is_image=True,
    )


def image_kind(one: ImageSet) -> str:
    """Return what images are called: ``"localizer"``, ``"secondary capture in colour"``, ``"radiograph"``."""
    kind = kind_of_frames(one.frames)
    return f"{kind} in colour" if one.is_color else kind


def kind_of_frames(frames: Sequence[Frame]) -> str:
    """Return what frames are called, whether they are grey or coloured."""
    first = frames[0]
    if LOCALIZER in (part.upper() for part in first.image_type):
        return "localizer"
    if first.sop_class.startswith(SECONDARY_CAPTURE):
        return "secondary capture"
    if first.series.modality in _CALLED_BY_MODALITY:
        return MODALITIES[first.series.modality]
    return "single image" if len(frames) == 1 else "images"


def _load(one: ImageSet, how: ReadOptions, progress: Progress) -> Sequence[Volume]:
    return [flat_volume(read_images(one, how, progress=progress))]


def _thumbnail(one: ImageSet) -> NDArray[np.uint8]:
    from PIL import Image  # noqa: PLC0415 (as of volumes)

    picture, (across, down) = image_thumbnail(one)
    sides = np.array([picture.shape[1] * across, picture.shape[0] * down])
    width, height = np.maximum(1, np.rint(_LONGEST_SIDE * sides / sides.max())).astype(int)
    return np.asarray(Image.fromarray(picture).resize((int(width), int(height)), Image.Resampling.BICUBIC))

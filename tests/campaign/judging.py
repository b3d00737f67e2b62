"""Whether what was loaded of damaged files is what the undamaged ones hold."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import viewer3d
from tests.campaign.outcomes import Outcome
from viewer3d import Viewer3DError, Volume
from viewer3d.cli.report import info_text, list_text
from viewer3d.errors import ChoiceError, ViewError

SAME_PLACE = 1e-5
"""mm."""


@dataclass(frozen=True)
class Loaded:
    """What a place holds.

    Attributes
    ----------
    volumes : list of Volume
    refused : int
        How many files were left out.
    """

    volumes: list[Volume]
    refused: int


def loaded(where: Path, keywords: dict[str, Any]) -> Loaded:
    """Load a place as the program does: its list, its decisions, its volumes, and a plane of the first.

    Raises
    ------
    Viewer3DError
        As ``load`` does. Where several volumes are there, all are loaded.
    """
    found = viewer3d.scan(where)
    assert list_text(found)
    info_text(found, None, None)
    try:
        volumes = [viewer3d.load(found, **keywords)]
    except ChoiceError:
        volumes = viewer3d.load_all(found, **keywords)
    for volume in volumes:
        check(volume)
    if volumes:
        pixels = viewer3d.screenshot(volumes[0], view="axial", size=(48, 36))
        assert pixels.shape == (36, 48, 3), "a picture of another size"
    for one in found.objects:
        if Path(one.file).is_file():
            _measure_parts(one.kind, one.file, volumes)
    if any(one.kind == "presentation state" for one in found.objects) or any(
        "do not show" in note for volume in volumes for note in volume.notes
    ):
        _check_graphics(found)
    return Loaded(volumes, len(found.all_refused))


def _measure_parts(kind: str, path: str, volumes: Sequence[Volume]) -> None:
    with suppress(Viewer3DError):
        if kind == "presentation state":
            return
        if kind == "structure set":
            structures = viewer3d.load_structures(path)
            for roi in structures.rois:
                ml = structures.measure(roi.number).ml
                assert ml is None or ml >= 0
                with suppress(Viewer3DError):  # contours may lie across the slices
                    assert all(structures.mask(roi.number, one.geometry).shape == one.shape for one in volumes)
            for dose in (one for one in volumes if one.modality == "RTDOSE"):
                with suppress(Viewer3DError):  # it may have no unit, or be of another frame of reference
                    for region in viewer3d.dvh(dose, structures).regions:
                        assert 0 < region.covered <= 1
                        assert region.min <= region.d98 <= region.d2 <= region.max
            return
        if kind == "plan":
            plan = viewer3d.load_plan(path)
            assert all(0 < one.dose <= 1000 for one in plan.prescriptions)
            return
        if kind == "spatial registration":
            assert viewer3d.load_transform(path, "1.2.3.99", "1.2.3.99").shape == (4, 4)
            return
        segments = viewer3d.load_segmentation(path)
        for one in segments.segments:
            assert segments.measure(one.number).voxels >= 0


def _check_graphics(found: viewer3d.Scan) -> None:
    """Load by each presentation state, and with what images have themselves, and draw the slices that have graphics."""
    own = [one.file for one in found.objects if one.kind == "presentation state"]
    for presentation in (*own, "own"):
        with suppress(Viewer3DError):
            for volume in viewer3d.load_all(found, presentation=presentation):
                check(volume)
                for one in volume.graphics.slices[:1] if volume.graphics else ():
                    at = tuple(one.affine[:3, 3].tolist())
                    with suppress(ViewError):  # it may lie beyond the volume
                        viewer3d.screenshot(volume, view="axial", size=(320, 300), at=at)


def check(volume: Volume) -> None:
    """Assert what every volume has."""
    assert np.isfinite(volume.affine).all(), "an affine that is not finite"
    assert np.linalg.det(volume.affine[:3, :3]) > 0, "an affine that is not right-handed"
    assert volume.voxels.dtype in (np.int16, np.float32), f"voxels are {volume.voxels.dtype}"
    assert volume.voxels.ndim == 3, "voxels are no grid"
    assert volume.voxels.size > 0, "no voxels"
    for note in volume.notes:
        assert len(note.strip().splitlines()) == 1, f"a note that is no sentence: {note!r}"


@lru_cache(maxsize=4096)
def _truth(where: Path, irregular: str) -> Loaded | None:
    try:
        return loaded(where, {"irregular": irregular})
    except Viewer3DError:
        return None


def truth(where: Path, keywords: dict[str, Any]) -> Loaded | None:
    """Return what an undamaged place holds, loaded once; None where it cannot be loaded so."""
    return _truth(where, keywords.get("irregular", "resample"))


def compared(where: Path, whole: Path, keywords: dict[str, Any]) -> tuple[Outcome, str]:
    """Load a damaged place, and say how what it holds differs from what the undamaged one holds.

    Raises
    ------
    Viewer3DError
        As ``load`` does.
    """
    true = truth(whole, keywords)
    found = loaded(where, keywords)
    if true is None:
        return Outcome.OTHER, "the undamaged series is refused"
    if len(found.volumes) == len(true.volumes) and all(map(same, found.volumes, true.volumes)):
        return Outcome.RIGHT, ""
    told = found.refused > true.refused or told_more(found, true)
    return (Outcome.TOLD if told else Outcome.OTHER), difference(found, true)


def same(one: Volume, other: Volume) -> bool:
    """Whether two volumes have the same values at the same places."""
    return (
        one.shape == other.shape
        and np.allclose(one.affine, other.affine, rtol=0, atol=SAME_PLACE)
        and one.unit == other.unit
        and np.array_equal(one.voxels, other.voxels, equal_nan=one.voxels.dtype.kind == "f")
    )


def told_more(found: Loaded, true: Loaded) -> bool:
    """Whether there is a note that the undamaged volumes do not have."""
    usual = {note for volume in true.volumes for note in volume.notes}
    return any(note not in usual for volume in found.volumes for note in volume.notes)


def difference(found: Loaded, true: Loaded) -> str:
    """Say in what the first volume differs that does."""
    if len(found.volumes) != len(true.volumes):
        return f"{len(found.volumes)} volumes in the place of {len(true.volumes)}"
    one, other = next(pair for pair in zip(found.volumes, true.volumes, strict=True) if not same(*pair))
    if one.shape != other.shape:
        return f"shape {one.shape} in the place of {other.shape}"
    if not np.allclose(one.affine, other.affine, rtol=0, atol=SAME_PLACE):
        return "other geometry"
    if one.unit != other.unit:
        return f"unit {one.unit!r} in the place of {other.unit!r}"
    return f"{int((one.voxels != other.voxels).sum())} other voxels of {one.voxels.size}"

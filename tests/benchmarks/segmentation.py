"""Reading of a segmentation: one way in one process. ``python segmentation.py WAY FILE``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

FRAMES: Final = 477
ORGANS: Final = 20
SIDE: Final = 512


def make_file(path: Path) -> Path:
    """Write 20 balls in 477 frames of 512 x 512, with the references and dimensions that writers of today add."""
    from tests.dicom.made import item
    from tests.dicom.objects.seg_files import save, seg

    frames = _balls()
    dataset = seg(frames)
    uid = "1.2.5"
    dataset.DimensionOrganizationSequence = [item(DimensionOrganizationUID=uid)]
    pointers = [(0x0062000B, 0x0062000A), (0x00200032, 0x00209113)]
    dataset.DimensionIndexSequence = [
        item(DimensionIndexPointer=own, FunctionalGroupPointer=group, DimensionOrganizationUID=uid)
        for own, group in pointers
    ]
    for (number, k, _), group in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        group.FrameContentSequence = [item(DimensionIndexValues=[number, int(k) + 1])]
        group.DerivationImageSequence = [
            item(
                SourceImageSequence=[
                    item(
                        ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2",
                        ReferencedSOPInstanceUID=f"1.2.3.4.{int(k) + 1}",
                        PurposeOfReferenceCodeSequence=[_code("121322", "Source image for image processing operation")],
                    )
                ],
                DerivationCodeSequence=[_code("113076", "Segmentation")],
            )
        ]
    return save(dataset, path.parent, path.name)


def _code(value: str, meaning: str) -> Any:
    from tests.dicom.made import item

    return item(CodeValue=value, CodingSchemeDesignator="DCM", CodeMeaning=meaning)


def _balls() -> list[tuple[int, float, Any]]:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    frames: list[tuple[int, float, Any]] = []
    for organ in range(ORGANS):
        count = FRAMES * (organ + 1) // ORGANS - FRAMES * organ // ORGANS
        row, column, radius = *rng.uniform(100, 400, 2), rng.uniform(20, 90)
        for k in range(count):
            here = radius * np.sqrt(1 - ((k - count / 2) / (count / 2 + 1)) ** 2)
            inside = (y - row) ** 2 + (x - column) ** 2 <= here**2
            frames.append((organ + 1, organ * 3 + k, inside.astype(np.uint8)))
    return frames


def own(path: str) -> float:
    """Read it as ``viewer3d.load_segmentation`` does."""
    from viewer3d import load_segmentation

    return least(lambda: load_segmentation(path))


def highdicom(path: str) -> float:
    """Read it as highdicom does: a volume of each segment."""
    import highdicom as hd

    return least(lambda: hd.seg.segread(path).get_volume())


def least(read: Callable[[], object], runs: int = 3) -> float:
    """Return the CPU seconds of the quickest reading, the first one apart."""
    read()
    times = []
    for _ in range(runs):
        start = time.process_time()
        read()
        times.append(time.process_time() - start)
    return min(times)


WAYS: Final = {"viewer3d": own, "highdicom": highdicom}


if __name__ == "__main__":
    cpu = WAYS[sys.argv[1]](sys.argv[2])
    print(json.dumps({"wall": cpu, "cpu": cpu}))

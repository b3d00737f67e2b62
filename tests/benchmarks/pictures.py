"""Pictures saved as PNG in one process, of volumes that are loaded: ``python pictures.py JOB [FOLDER]`` prints JSON.

``thumbnails``: three planes of 256 pixels each of 30 volumes, each of which is new, so that its digest counts as well.
``lightbox``: five pages of twenty slices of one volume.

Only names that are kept are used, so that older revisions can do the same.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import viewer3d
from viewer3d import figures, phantom

THUMBNAILS = 30
PAGES = 5
SHAPE = (64, 64, 93)
"""Of the phantom, without a folder: as many voxels as the series of the benchmark of archives have."""

SIZE = (768, 256)
"""Width and height in pixels, as the job of archives has them."""


def copies(volume: viewer3d.Volume, count: int) -> list[viewer3d.Volume]:
    """Return volumes that share nothing with one another."""
    voxels = [volume.voxels.copy(order="F") for _ in range(count)]
    return [viewer3d.Volume.from_array(one, volume.affine, unit=volume.unit) for one in voxels]


def thumbnails(volume: viewer3d.Volume, out: Path) -> Callable[[], int]:
    """Return what draws the thumbnails, and how many; what only the first needs is done already."""
    volumes = copies(volume, THUMBNAILS)
    draw = viewer3d.screenshot
    draw(copies(volume, 1)[0], out / "first.png", view="mpr", size=SIZE)

    def act() -> int:
        for number, one in enumerate(volumes):
            draw(one, out / f"{number}.png", view="mpr", size=SIZE)
        return len(volumes)

    return act


def lightbox(volume: viewer3d.Volume, out: Path) -> Callable[[], int]:
    """Return what draws pages and saves them; what is found of a volume once, as its couch, is known already."""
    figures.lightbox(volume, 20).save(out / "first.png")

    def act() -> int:
        for number in range(PAGES):
            figures.lightbox(volume, 20).save(out / f"{number}.png")
        return PAGES

    return act


JOBS = {"thumbnails": thumbnails, "lightbox": lightbox}


def main(job: str, folder: str = "") -> None:
    """Do one job, and print as JSON what one picture took in seconds, and its bytes."""
    volume = viewer3d.load(folder) if folder else phantom.volume(shape=SHAPE)
    with tempfile.TemporaryDirectory() as scratch:
        act = JOBS[job](volume, Path(scratch))
        wall, cpu = time.perf_counter(), time.process_time()
        count = act()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        size = float(np.mean([path.stat().st_size for path in Path(scratch).iterdir()]))
    print(json.dumps({"wall": wall / count, "cpu": cpu / count, "KB": size / 1000}))


if __name__ == "__main__":
    main(*sys.argv[1:])

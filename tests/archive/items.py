"""Items and contexts of volumes that tests scan or make."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from viewer3d.archive.item import Item
from viewer3d.archive.jobs.job import Context
from viewer3d.archive.overlays import OverlayIndex, OverlaySource
from viewer3d.core.layers import Overlays, place_layers
from viewer3d.core.volume import Volume
from viewer3d.dicom.series.scan import Scan, Series, scan

KEY = "ab" + 62 * "0"


def item_of(series: Series, stack: int = 1, overlays: tuple[OverlaySource, ...] = ()) -> Item:
    """Return the item of a stack of a series."""
    return Item(KEY, series, stack, None, "archive", 0, overlays=overlays)


def grid_item(path: Path) -> Item:
    """Return the item of the first volume of a file that is not DICOM."""
    (grid,) = scan(path).grids
    return Item(KEY, None, 1, grid, str(path), 0)


def context_of(
    item: Item, folder: Path, job: str = "job", *, volume: Volume | None = None, over: Overlays = ()
) -> Context:
    """Return the context of a job that writes into a folder."""
    overlays = () if volume is None else place_layers(volume, over).overlays
    return Context(KEY, folder, identify=False, overlays=overlays, item=item, job=job)


def made_item(folder: Path) -> Item:
    """Return the item of nothing that is in files."""
    return replace(Item(KEY, None, None, None, str(folder), 0))


def sources_over(found: Scan, modality: str) -> tuple[OverlaySource, ...]:
    """Return what belongs over the first volume of a modality in a scan."""
    index = OverlayIndex()
    index.add(found)
    series = next(one for one in found if one.modality == modality and one.volumes)
    return index.over(series, series.volumes[0])

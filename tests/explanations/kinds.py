"""Pictures of each kind, small, with the places of their data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import Layer, Measurement, Slab, Volume, figures, phantom

SMALL = {"shape": (40, 30, 36), "spacing": (10.0, 10.0, 20.0)}
PET = {"shape": (24, 20, 24), "spacing": (17.0, 15.0, 30.0)}
AXES = ((0.8, 0.6, 0.0), (-0.576, 0.768, 0.28), (0.168, -0.224, 0.96))
"""Oblique, right-handed and orthonormal."""

Kind = Callable[["Data", Path], list[Path]]
"""Writes a picture and returns the places of its data."""


class Data:
    """The phantom as files, once: a CT, a PET and structures of one patient."""

    def __init__(self, folder: Path) -> None:
        self.ct, self.pet, self.structures = folder / "ct", folder / "pet", folder / "structures"
        write_phantom(self.ct, **SMALL)
        phantom.write_pet(self.pet, **PET)
        phantom.write_structures(self.structures, phantom.grid((40, 30, 12), (10.0, 10.0, 60.0)))

    @property
    def volume(self) -> Volume:
        return viewer3d.load(self.ct)

    @property
    def overlays(self) -> list[object]:
        look = {"opacity": 0.6, "colors": "hot-iron", "ramp": 0.3}
        return [Layer(viewer3d.load(self.pet), look=look), viewer3d.load_structures(self.structures)]


def _shot(data: Data, path: Path, **how: object) -> list[Path]:
    viewer3d.screenshot(data.volume, path, **{"view": "mpr", "size": (330, 150), **how})  # type: ignore[arg-type]
    return [data.ct]


def _state(data: Data, path: Path, **how: object) -> list[Path]:
    state = viewer3d.first_state(data.volume, "mpr")
    viewer3d.screenshot(data.volume, path, size=(330, 150), state=replace(state, **how))  # type: ignore[arg-type]
    return [data.ct]


def _fused(data: Data, path: Path) -> list[Path]:
    viewer3d.screenshot(data.volume, path, "mpr", size=(330, 150), overlays=data.overlays)  # type: ignore[arg-type]
    return [data.ct, data.pet, data.structures]


def _squares(data: Data, path: Path) -> list[Path]:
    look = {"blend": "checkerboard", "opacity": 0.5, "levels": (1.0, 2.0)}
    overlay = Layer(viewer3d.load(data.pet), look=look)
    viewer3d.screenshot(data.volume, path, "axial", size=(160, 150), overlays=[overlay])
    return [data.ct, data.pet]


def _measured(data: Data, path: Path) -> list[Path]:
    volume = data.volume
    x, y, z = volume.geometry.center
    shapes = (
        Measurement("ellipse", ((x - 40, y - 30, z), (x + 40, y + 30, z)), (1, 0, 0), (0, 1, 0), "one"),
        Measurement("distance", ((x, y, z), (x + 50, y, z)), (1, 0, 0), (0, 1, 0)),
    )
    state = replace(viewer3d.first_state(volume, "axial", at=(x, y, z)), measurements=shapes)
    viewer3d.screenshot(volume, path, size=(220, 200), state=state)
    return [data.ct]


def _figure(make: Callable[[Data], figures.Figure], *names: str) -> Kind:
    def write(data: Data, path: Path) -> list[Path]:
        make(data).save(path)
        return [getattr(data, name) for name in names or ("ct",)]

    return write


def _float(data: Data, path: Path) -> list[Path]:
    viewer3d.screenshot(viewer3d.load(data.pet), path, "mpr", size=(330, 150), slab="30,mean")
    return [data.pet]


WIDE = {"width": 90.0}
KINDS: dict[str, Kind] = {
    "shot": _shot,
    "nearest": lambda data, path: _shot(data, path, interpolation="nearest", colors="viridis"),
    "mip": lambda data, path: _shot(data, path, slab="25", inverted=True),
    "minip": lambda data, path: _shot(data, path, slab="25,minimum", window="lung"),
    "oblique": lambda data, path: _state(data, path, axes=AXES),
    "oblique mip": lambda data, path: _state(data, path, axes=AXES, slab=Slab(25.0, "maximum")),
    "float mean": _float,
    "fused": _fused,
    "squares": _squares,
    "measured": _measured,
    "plane": _figure(lambda data: figures.plane(data.volume, **WIDE)),
    "mpr white": _figure(lambda data: figures.mpr(data.volume, background="white", value_bar=True, **WIDE)),
    "lightbox": _figure(lambda data: figures.lightbox(data.volume, 3, **WIDE)),
    "windows": _figure(lambda data: figures.windows(data.volume, **WIDE)),
    "compare": _figure(lambda data: figures.compare(data.volume, _later(data), **WIDE), "ct", "ct"),
    "mips": _figure(lambda data: figures.mips(data.volume, **WIDE)),
    "overlay": _figure(
        lambda data: figures.overlay(data.volume, viewer3d.load_structures(data.structures), **WIDE),
        *("ct", "structures"),
    ),
}


def _later(data: Data) -> Volume:
    return data.volume

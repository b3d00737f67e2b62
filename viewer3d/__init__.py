"""viewer3d: a true, fast and reproducible 3D viewer for DICOM series.

>>> import viewer3d
>>> volume = viewer3d.load("folder")                       # doctest: +SKIP
>>> viewer3d.screenshot(volume, "out.png", view="quad")    # doctest: +SKIP

Names load when first used: ``import viewer3d`` itself imports neither pydicom, pyvista nor vtk.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewer3d import errors as errors
    from viewer3d import figures as figures
    from viewer3d import phantom as phantom
    from viewer3d import testing as testing
    from viewer3d.app.show import show as show
    from viewer3d.app.viewer import Viewer as Viewer
    from viewer3d.core.geometry import Geometry as Geometry
    from viewer3d.core.measurement import Measurement as Measurement
    from viewer3d.core.view import ViewState as ViewState
    from viewer3d.core.volume import Volume as Volume
    from viewer3d.core.window import Window as Window
    from viewer3d.dicom.load import load as load
    from viewer3d.dicom.load import load_all as load_all
    from viewer3d.dicom.series.scan import Series as Series
    from viewer3d.dicom.series.scan import scan as scan
    from viewer3d.errors import Viewer3DError as Viewer3DError
    from viewer3d.measurements.results import measure as measure
    from viewer3d.measurements.table import save_measurements as save_measurements
    from viewer3d.recipes.embed import read_recipe as read_recipe
    from viewer3d.recipes.record import Recipe as Recipe
    from viewer3d.recipes.replay import replay as replay
    from viewer3d.render.first_state import first_state as first_state
    from viewer3d.render.planes3d.plotter_slices import add_slices as add_slices
    from viewer3d.render.scene import Scene as Scene
    from viewer3d.render.shot import screenshot as screenshot
    from viewer3d.render.volume.actor import add_volume as add_volume

__version__ = "0.1.0"

_HOMES = {
    "Geometry": "viewer3d.core.geometry",
    "Measurement": "viewer3d.core.measurement",
    "Recipe": "viewer3d.recipes.record",
    "Scene": "viewer3d.render.scene",
    "Series": "viewer3d.dicom.series.scan",
    "ViewState": "viewer3d.core.view",
    "Viewer": "viewer3d.app.viewer",
    "Viewer3DError": "viewer3d.errors",
    "Volume": "viewer3d.core.volume",
    "Window": "viewer3d.core.window",
    "add_slices": "viewer3d.render.planes3d.plotter_slices",
    "add_volume": "viewer3d.render.volume.actor",
    "first_state": "viewer3d.render.first_state",
    "load": "viewer3d.dicom.load",
    "load_all": "viewer3d.dicom.load",
    "measure": "viewer3d.measurements.results",
    "read_recipe": "viewer3d.recipes.embed",
    "replay": "viewer3d.recipes.replay",
    "save_measurements": "viewer3d.measurements.table",
    "scan": "viewer3d.dicom.series.scan",
    "screenshot": "viewer3d.render.shot",
    "show": "viewer3d.app.show",
}

_MODULES = ("errors", "figures", "phantom", "testing")

__all__ = ["errors", "figures", "phantom", "testing", *_HOMES]  # noqa: PLE0604 (the keys are strings)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return import_module(f"viewer3d.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

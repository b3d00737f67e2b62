"""A true, fast and reproducible 3D viewer for DICOM series.

>>> import viewer3d
>>> volume = viewer3d.load("folder")  # doctest: +SKIP
>>> viewer3d.screenshot(volume, "out.png", view="quad")  # doctest: +SKIP

Names load when first used: ``import viewer3d`` itself imports neither pydicom, pyvista nor vtk.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from viewer3d import archive as archive
    from viewer3d import errors as errors
    from viewer3d import figures as figures
    from viewer3d import phantom as phantom
    from viewer3d import testing as testing
    from viewer3d.app.show import show as show
    from viewer3d.app.viewer import Viewer as Viewer
    from viewer3d.app.window.screen import EventHandler as EventHandler
    from viewer3d.app.window.screen import Screen as Screen
    from viewer3d.core.dose.plan import AnyPlan as AnyPlan
    from viewer3d.core.dose.plan import Plan as Plan
    from viewer3d.core.dose.plan import Prescription as Prescription
    from viewer3d.core.geometry import Geometry as Geometry
    from viewer3d.core.graphics.slice_graphics import GraphicLine as GraphicLine
    from viewer3d.core.graphics.slice_graphics import GraphicPlane as GraphicPlane
    from viewer3d.core.graphics.slice_graphics import Graphics as Graphics
    from viewer3d.core.graphics.slice_graphics import GraphicText as GraphicText
    from viewer3d.core.graphics.slice_graphics import Shutter as Shutter
    from viewer3d.core.graphics.slice_graphics import SliceGraphics as SliceGraphics
    from viewer3d.core.grids.place_errors import PlaceErrors as PlaceErrors
    from viewer3d.core.images.image2d import Image2D as Image2D
    from viewer3d.core.inputs import AnyVolume as AnyVolume
    from viewer3d.core.layers import AnyLayer as AnyLayer
    from viewer3d.core.layers import Layer as Layer
    from viewer3d.core.layers import Overlays as Overlays
    from viewer3d.core.layers import PlacedLayer as PlacedLayer
    from viewer3d.core.layers import PlacedLayers as PlacedLayers
    from viewer3d.core.mesh import Mesh as Mesh
    from viewer3d.core.mesh import MeshRegion as MeshRegion
    from viewer3d.core.mesh import MeshSet as MeshSet
    from viewer3d.core.notes.note import Note as Note
    from viewer3d.core.placing.regions import PlacedRegions as PlacedRegions
    from viewer3d.core.progress import Progress as Progress
    from viewer3d.core.progress import StageProgress as StageProgress
    from viewer3d.core.provenance import Provenance as Provenance
    from viewer3d.core.sampling import Interpolation as Interpolation
    from viewer3d.core.segmentation import CodedConcept as CodedConcept
    from viewer3d.core.segmentation import Fractions as Fractions
    from viewer3d.core.segmentation import Segment as Segment
    from viewer3d.core.segmentation import Segmentation as Segmentation
    from viewer3d.core.series_info import SeriesInfo as SeriesInfo
    from viewer3d.core.structures import Contour as Contour
    from viewer3d.core.structures import Roi as Roi
    from viewer3d.core.structures import RoiMask as RoiMask
    from viewer3d.core.structures import RoiMeasures as RoiMeasures
    from viewer3d.core.structures import StructureSet as StructureSet
    from viewer3d.core.vectors import Axes as Axes
    from viewer3d.core.vectors import Vector as Vector
    from viewer3d.core.view.camera import Camera as Camera
    from viewer3d.core.view.key_image import KeyImage as KeyImage
    from viewer3d.core.view.link import Link as Link
    from viewer3d.core.view.link import LinkedVolume as LinkedVolume
    from viewer3d.core.view.link import Passage as Passage
    from viewer3d.core.view.look import ImageLook as ImageLook
    from viewer3d.core.view.look import RegionLook as RegionLook
    from viewer3d.core.view.measurement import Measurement as Measurement
    from viewer3d.core.view.measurement import MeasurementKind as MeasurementKind
    from viewer3d.core.view.planes import PaneName as PaneName
    from viewer3d.core.view.planes import Plane as Plane
    from viewer3d.core.view.planes import PlaneName as PlaneName
    from viewer3d.core.view.planes import View as View
    from viewer3d.core.view.side_by_side import SideBySide as SideBySide
    from viewer3d.core.view.slab import Blend as Blend
    from viewer3d.core.view.slab import Slab as Slab
    from viewer3d.core.view.state import Box as Box
    from viewer3d.core.view.state import Pointer as Pointer
    from viewer3d.core.view.state import SlicePane as SlicePane
    from viewer3d.core.view.state import ViewState as ViewState
    from viewer3d.core.view.threshold import Threshold as Threshold
    from viewer3d.core.volume import Volume as Volume
    from viewer3d.core.window import AnyWindow as AnyWindow
    from viewer3d.core.window import VoiFunction as VoiFunction
    from viewer3d.core.window import Window as Window
    from viewer3d.dicom.files.archive_members import ArchiveEntry as ArchiveEntry
    from viewer3d.dicom.files.archive_members import MemberSource as MemberSource
    from viewer3d.dicom.files.grid_file import GridFile as GridFile
    from viewer3d.dicom.files.refused import RefusedFile as RefusedFile
    from viewer3d.dicom.files.sources import DatasetSource as DatasetSource
    from viewer3d.dicom.files.sources import DicomInput as DicomInput
    from viewer3d.dicom.files.sources import FileSource as FileSource
    from viewer3d.dicom.headers.frame import ActivityTags as ActivityTags
    from viewer3d.dicom.headers.frame import Frame as Frame
    from viewer3d.dicom.headers.frame import ModalityTable as ModalityTable
    from viewer3d.dicom.headers.frame import MosaicTile as MosaicTile
    from viewer3d.dicom.headers.frame import RealWorldMapping as RealWorldMapping
    from viewer3d.dicom.headers.frame import SeriesTags as SeriesTags
    from viewer3d.dicom.headers.frame import StoredPixels as StoredPixels
    from viewer3d.dicom.images.read_images import load_image as load_image
    from viewer3d.dicom.objects.dicom_object import DicomObject as DicomObject
    from viewer3d.dicom.objects.plan import load_plan as load_plan
    from viewer3d.dicom.objects.structures import load_structures as load_structures
    from viewer3d.dicom.series.scan import Scan as Scan
    from viewer3d.dicom.series.scan import Series as Series
    from viewer3d.dicom.series.scan import scan as scan
    from viewer3d.dicom.series.slice_layout import SliceLayout as SliceLayout
    from viewer3d.dicom.series.stack import Stack as Stack
    from viewer3d.errors import Viewer3DError as Viewer3DError
    from viewer3d.explanations.picture import explain_pixel as explain_pixel
    from viewer3d.explanations.point import explain as explain
    from viewer3d.explanations.values import Cover as Cover
    from viewer3d.explanations.values import Explanation as Explanation
    from viewer3d.explanations.values import LayerShare as LayerShare
    from viewer3d.explanations.values import PicturePlace as PicturePlace
    from viewer3d.explanations.values import RaySample as RaySample
    from viewer3d.explanations.values import Sample as Sample
    from viewer3d.explanations.values import StoredValue as StoredValue
    from viewer3d.explanations.values import VoxelShare as VoxelShare
    from viewer3d.exports.compare import compare_exports as compare_exports
    from viewer3d.exports.headers import HeaderDifference as HeaderDifference
    from viewer3d.exports.places import PlaceDifference as PlaceDifference
    from viewer3d.exports.values import ExportComparison as ExportComparison
    from viewer3d.exports.values import ExportVerdict as ExportVerdict
    from viewer3d.exports.values import VolumeComparison as VolumeComparison
    from viewer3d.exports.values import VoxelPair as VoxelPair
    from viewer3d.exports.voxels import VoxelDifference as VoxelDifference
    from viewer3d.formats.load import load as load
    from viewer3d.formats.load import load_all as load_all
    from viewer3d.formats.load_segmentation import load_segmentation as load_segmentation
    from viewer3d.formats.load_transform import load_transform as load_transform
    from viewer3d.formats.meshes.load_mesh import load_mesh as load_mesh
    from viewer3d.formats.meshes.load_mesh import load_meshes as load_meshes
    from viewer3d.formats.save import Saved as Saved
    from viewer3d.formats.save import save as save
    from viewer3d.measurements.cache import MeasurementCache as MeasurementCache
    from viewer3d.measurements.comparability.acquisitions import AcquisitionDifference as AcquisitionDifference
    from viewer3d.measurements.comparability.acquisitions import compare_acquisitions as compare_acquisitions
    from viewer3d.measurements.comparison_table import save_comparisons as save_comparisons
    from viewer3d.measurements.dose_table import save_dvh as save_dvh
    from viewer3d.measurements.dose_volume import DoseVolumeHistograms as DoseVolumeHistograms
    from viewer3d.measurements.dose_volume import RegionDose as RegionDose
    from viewer3d.measurements.dose_volume import dvh as dvh
    from viewer3d.measurements.image_results import ImageResult as ImageResult
    from viewer3d.measurements.overlap import SegmentationComparison as SegmentationComparison
    from viewer3d.measurements.overlap import SegmentComparison as SegmentComparison
    from viewer3d.measurements.overlap import compare_segmentations as compare_segmentations
    from viewer3d.measurements.plots.plot_table import save_plot as save_plot
    from viewer3d.measurements.plots.profile import LineProfile as LineProfile
    from viewer3d.measurements.plots.profile import ProfileLine as ProfileLine
    from viewer3d.measurements.plots.profile import profile as profile
    from viewer3d.measurements.plots.time_curve import CurveAxis as CurveAxis
    from viewer3d.measurements.plots.time_curve import TimeCurve as TimeCurve
    from viewer3d.measurements.plots.time_curve import time_curve as time_curve
    from viewer3d.measurements.plots.value_histogram import ValueHistogram as ValueHistogram
    from viewer3d.measurements.plots.value_histogram import value_histogram as value_histogram
    from viewer3d.measurements.region_table import measure_regions as measure_regions
    from viewer3d.measurements.region_table import save_statistics as save_statistics
    from viewer3d.measurements.results import measure as measure
    from viewer3d.measurements.segments import SegmentStatistics as SegmentStatistics
    from viewer3d.measurements.table import save_measurements as save_measurements
    from viewer3d.measurements.values import Angle as Angle
    from viewer3d.measurements.values import Bidirectional as Bidirectional
    from viewer3d.measurements.values import Isocontour as Isocontour
    from viewer3d.measurements.values import Length as Length
    from viewer3d.measurements.values import MeasurementResult as MeasurementResult
    from viewer3d.measurements.values import ProbeValue as ProbeValue
    from viewer3d.measurements.values import Region as Region
    from viewer3d.measurements.values import Remark as Remark
    from viewer3d.pyvista_plugin import GridAccessor as GridAccessor
    from viewer3d.pyvista_plugin import register_pyvista_reader as register_pyvista_reader
    from viewer3d.recipes.data_record import NoteRecord as NoteRecord
    from viewer3d.recipes.data_record import OverlayRecord as OverlayRecord
    from viewer3d.recipes.data_record import RegionsRecord as RegionsRecord
    from viewer3d.recipes.data_record import VolumeRecord as VolumeRecord
    from viewer3d.recipes.embed import read_recipe as read_recipe
    from viewer3d.recipes.record import Recipe as Recipe
    from viewer3d.recipes.replay import Replay as Replay
    from viewer3d.recipes.replay import Verdict as Verdict
    from viewer3d.recipes.replay import replay as replay
    from viewer3d.render.face.removal import face_notes as face_notes
    from viewer3d.render.first_state import first_state as first_state
    from viewer3d.render.panes import PaneGeometry as PaneGeometry
    from viewer3d.render.panes import Rect as Rect
    from viewer3d.render.planes3d.plotter_slices import PlotterSlices as PlotterSlices
    from viewer3d.render.planes3d.plotter_slices import add_slices as add_slices
    from viewer3d.render.scene import Scene as Scene
    from viewer3d.render.shot import screenshot as screenshot
    from viewer3d.render.volume.actor import add_volume as add_volume
    from viewer3d.render.volume.isosurface import surface as surface
    from viewer3d.render.volume.plotter_regions import add_segmentation as add_segmentation
    from viewer3d.render.volume.plotter_regions import add_structures as add_structures
    from viewer3d.web.page.save_page import SavedPage as SavedPage
    from viewer3d.web.page.save_page import save_page as save_page
    from viewer3d.web.server.serve import serve as serve

__version__ = "0.1.0"

_MODULES: Final = ("archive", "errors", "figures", "phantom", "testing")

_HOMES: Final = {
    "AcquisitionDifference": "measurements.comparability.acquisitions",
    "ActivityTags": "dicom.headers.frame",
    "Angle": "measurements.values",
    "AnyLayer": "core.layers",
    "AnyPlan": "core.dose.plan",
    "AnyVolume": "core.inputs",
    "AnyWindow": "core.window",
    "ArchiveEntry": "dicom.files.archive_members",
    "Axes": "core.vectors",
    "Bidirectional": "measurements.values",
    "Blend": "core.view.slab",
    "Box": "core.view.state",
    "Camera": "core.view.camera",
    "CodedConcept": "core.segmentation",
    "Contour": "core.structures",
    "Cover": "explanations.values",
    "CurveAxis": "measurements.plots.time_curve",
    "DatasetSource": "dicom.files.sources",
    "DicomInput": "dicom.files.sources",
    "DicomObject": "dicom.objects.dicom_object",
    "DoseVolumeHistograms": "measurements.dose_volume",
    "EventHandler": "app.window.screen",
    "Explanation": "explanations.values",
    "ExportComparison": "exports.values",
    "ExportVerdict": "exports.values",
    "FileSource": "dicom.files.sources",
    "Fractions": "core.segmentation",
    "Frame": "dicom.headers.frame",
    "Geometry": "core.geometry",
    "GraphicLine": "core.graphics.slice_graphics",
    "GraphicPlane": "core.graphics.slice_graphics",
    "GraphicText": "core.graphics.slice_graphics",
    "GridAccessor": "pyvista_plugin",
    "GridFile": "dicom.files.grid_file",
    "Graphics": "core.graphics.slice_graphics",
    "Image2D": "core.images.image2d",
    "ImageLook": "core.view.look",
    "ImageResult": "measurements.image_results",
    "Isocontour": "measurements.values",
    "Interpolation": "core.sampling",
    "Roi": "core.structures",
    "RoiMask": "core.structures",
    "RoiMeasures": "core.structures",
    "SliceLayout": "dicom.series.slice_layout",
    "KeyImage": "core.view.key_image",
    "Layer": "core.layers",
    "LayerShare": "explanations.values",
    "Length": "measurements.values",
    "LineProfile": "measurements.plots.profile",
    "Link": "core.view.link",
    "LinkedVolume": "core.view.link",
    "Measurement": "core.view.measurement",
    "MeasurementCache": "measurements.cache",
    "MeasurementKind": "core.view.measurement",
    "MeasurementResult": "measurements.values",
    "MemberSource": "dicom.files.archive_members",
    "Mesh": "core.mesh",
    "MeshRegion": "core.mesh",
    "MeshSet": "core.mesh",
    "ModalityTable": "dicom.headers.frame",
    "MosaicTile": "dicom.headers.frame",
    "OverlayRecord": "recipes.data_record",
    "Note": "core.notes.note",
    "NoteRecord": "recipes.data_record",
    "Overlays": "core.layers",
    "PaneGeometry": "render.panes",
    "PaneName": "core.view.planes",
    "Passage": "core.view.link",
    "PicturePlace": "explanations.values",
    "PlaceErrors": "core.grids.place_errors",
    "PlacedLayer": "core.layers",
    "Plan": "core.dose.plan",
    "PlacedLayers": "core.layers",
    "PlacedRegions": "core.placing.regions",
    "RegionLook": "core.view.look",
    "RegionsRecord": "recipes.data_record",
    "Plane": "core.view.planes",
    "PlaneName": "core.view.planes",
    "PlotterSlices": "render.planes3d.plotter_slices",
    "Pointer": "core.view.state",
    "Prescription": "core.dose.plan",
    "ProbeValue": "measurements.values",
    "ProfileLine": "measurements.plots.profile",
    "Progress": "core.progress",
    "Provenance": "core.provenance",
    "RealWorldMapping": "dicom.headers.frame",
    "RaySample": "explanations.values",
    "Recipe": "recipes.record",
    "Rect": "render.panes",
    "RefusedFile": "dicom.files.refused",
    "Region": "measurements.values",
    "RegionDose": "measurements.dose_volume",
    "Remark": "measurements.values",
    "Replay": "recipes.replay",
    "Sample": "explanations.values",
    "Saved": "formats.save",
    "SavedPage": "web.page.save_page",
    "Scan": "dicom.series.scan",
    "Scene": "render.scene",
    "Screen": "app.window.screen",
    "Segment": "core.segmentation",
    "SegmentComparison": "measurements.overlap",
    "SegmentStatistics": "measurements.segments",
    "Threshold": "core.view.threshold",
    "Segmentation": "core.segmentation",
    "SegmentationComparison": "measurements.overlap",
    "Series": "dicom.series.scan",
    "SeriesInfo": "core.series_info",
    "SeriesTags": "dicom.headers.frame",
    "SideBySide": "core.view.side_by_side",
    "Shutter": "core.graphics.slice_graphics",
    "Slab": "core.view.slab",
    "SliceGraphics": "core.graphics.slice_graphics",
    "SlicePane": "core.view.state",
    "Stack": "dicom.series.stack",
    "StageProgress": "core.progress",
    "StoredPixels": "dicom.headers.frame",
    "StoredValue": "explanations.values",
    "StructureSet": "core.structures",
    "TimeCurve": "measurements.plots.time_curve",
    "ValueHistogram": "measurements.plots.value_histogram",
    "Vector": "core.vectors",
    "Verdict": "recipes.replay",
    "View": "core.view.planes",
    "ViewState": "core.view.state",
    "Viewer": "app.viewer",
    "Viewer3DError": "errors",
    "VolumeComparison": "exports.values",
    "VoxelDifference": "exports.voxels",
    "VoxelPair": "exports.values",
    "HeaderDifference": "exports.headers",
    "PlaceDifference": "exports.places",
    "VoiFunction": "core.window",
    "Volume": "core.volume",
    "VolumeRecord": "recipes.data_record",
    "VoxelShare": "explanations.values",
    "Window": "core.window",
    "add_segmentation": "render.volume.plotter_regions",
    "add_slices": "render.planes3d.plotter_slices",
    "add_structures": "render.volume.plotter_regions",
    "add_volume": "render.volume.actor",
    "compare_acquisitions": "measurements.comparability.acquisitions",
    "compare_exports": "exports.compare",
    "compare_segmentations": "measurements.overlap",
    "dvh": "measurements.dose_volume",
    "explain": "explanations.point",
    "explain_pixel": "explanations.picture",
    "face_notes": "render.face.removal",
    "first_state": "render.first_state",
    "load": "formats.load",
    "load_all": "formats.load",
    "load_image": "dicom.images.read_images",
    "load_mesh": "formats.meshes.load_mesh",
    "load_meshes": "formats.meshes.load_mesh",
    "load_plan": "dicom.objects.plan",
    "load_segmentation": "formats.load_segmentation",
    "load_structures": "dicom.objects.structures",
    "load_transform": "formats.load_transform",
    "measure": "measurements.results",
    "measure_regions": "measurements.region_table",
    "profile": "measurements.plots.profile",
    "read_recipe": "recipes.embed",
    "register_pyvista_reader": "pyvista_plugin",
    "replay": "recipes.replay",
    "save": "formats.save",
    "save_comparisons": "measurements.comparison_table",
    "save_dvh": "measurements.dose_table",
    "save_plot": "measurements.plots.plot_table",
    "save_measurements": "measurements.table",
    "save_page": "web.page.save_page",
    "save_statistics": "measurements.region_table",
    "scan": "dicom.series.scan",
    "screenshot": "render.shot",
    "serve": "web.server.serve",
    "show": "app.show",
    "surface": "render.volume.isosurface",
    "time_curve": "measurements.plots.time_curve",
    "value_histogram": "measurements.plots.value_histogram",
}
"""The module of each public name, within this package."""

__all__ = ["__version__", *_MODULES, *_HOMES]  # noqa: PLE0604 (the keys are strings)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        value = getattr(import_module(f"viewer3d.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return import_module(f"viewer3d.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

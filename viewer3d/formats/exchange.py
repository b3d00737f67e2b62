"""Volumes and label maps given to other packages and taken from them, as images in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import SHEAR_TOLERANCE, Geometry, to_ras
from viewer3d.core.notes.note import Note
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.volume import Volume
from viewer3d.errors import DecoderError, GeometryError
from viewer3d.formats.vti import UNIT_NAMES
from viewer3d.formats.write.labels import merged_labels

_MODALITY: Final = "0008|0060"
"""Key of the Modality in the metadata of images that ITK read from DICOM."""

_UNIT: Final = "unit"
"""Key of the unit in the metadata of an image of ITK, which has none of its own for it."""

_MM: Final = {"meter": 1000.0, "mm": 1.0, "micron": 0.001}
"""mm in each unit that NIfTI has for space; a header that names none is taken to be in mm."""

_GRID_PLACE: Final = (
    "The grid does not say how a patient lies in it: its places were taken for LPS mm; which side is left is not known."
)

_ALONG: Final = 1 - 1e-8
"""Cosine from which on an axis is taken to be along one of the world: 0.1 mm in a metre."""


def to_nibabel(volume: Volume) -> Any:
    """Return a volume as an image of nibabel, see :meth:`viewer3d.Volume.to_nibabel`."""
    nibabel = _package("nibabel", "nibabel")
    affine = to_ras(volume.affine)
    held = {"unit": volume.unit, "modality": volume.modality}
    image = nibabel.Nifti1Image(volume.voxels, affine, extra={name: text for name, text in held.items() if text})
    # Both, as a scanner's own place: nibabel alone leaves the second out, and takes the first for an aligned one.
    image.set_sform(affine, code=1, update_affine=False)  # which stays in float64, beside the float32 of the header
    image.set_qform(affine, code=1, update_affine=False)
    image.header.set_xyzt_units("mm", "sec")
    return image


def labels_to_nibabel(segmentation: Segmentation) -> Any:
    """Return a segmentation as an image of nibabel, see :meth:`viewer3d.Segmentation.to_nibabel`."""
    nibabel = _package("nibabel", "nibabel")
    labels, affine = _labels_of(segmentation), to_ras(segmentation.affine)
    names = {str(one.number): one.name for one in segmentation.segments}
    image = nibabel.Nifti1Image(labels, affine, extra={"names": names})
    image.set_sform(affine, code=1, update_affine=False)
    image.set_qform(affine, code=1, update_affine=False)
    image.header.set_xyzt_units("mm", "sec")
    image.header.set_intent("label")
    return image


def labels_to_sitk(segmentation: Segmentation) -> Any:
    """Return a segmentation as an image of SimpleITK, see :meth:`viewer3d.Segmentation.to_sitk`."""
    sitk = _package("SimpleITK", "SimpleITK")
    geometry = segmentation.geometry
    image = sitk.GetImageFromArray(_labels_of(segmentation).T)
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction.ravel().tolist())
    return image


def _labels_of(segmentation: Segmentation) -> NDArray[Any]:
    if segmentation.geometry.shear > SHEAR_TOLERANCE:
        raise GeometryError("the grid of the segmentation is sheared, which an image cannot be: rasterize on another")
    return merged_labels(segmentation, Path("label map"))[0]


def from_nibabel(image: Any, unit: str | None, about: Mapping[str, Any]) -> Volume:
    """Return the volume of an image of nibabel, see :meth:`viewer3d.Volume.from_nibabel`."""
    header = getattr(image, "header", None)
    if header is None or not hasattr(image, "dataobj") or getattr(image, "affine", None) is None:
        raise GeometryError(f"{image!r:.60} is no image of nibabel with an affine: give one, as nibabel.load returns")
    shape = tuple(int(n) for n in image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3:
        raise GeometryError(
            f"the image has {' x '.join(map(str, shape))} values: a volume has three dimensions; give one of its "
            "volumes, as image.slicer[..., 0]"
        )
    values = np.asanyarray(image.dataobj).reshape(shape, order="F")
    affine = to_ras(image.affine)
    if hasattr(header, "get_xyzt_units"):
        affine[:3] *= _MM.get(header.get_xyzt_units()[0], 1.0)
    notes: tuple[Note, ...] = ()
    if hasattr(header, "get_sform") and not (int(header["sform_code"]) or int(header["qform_code"])):
        notes = (Note("The image does not say where it lies: neither sform nor qform is set.", "file.no_place"),)
    extra = getattr(image, "extra", {})
    return _volume(values, affine, unit, about, _Own(extra.get("unit", ""), extra.get("modality", ""), notes))


def to_sitk(volume: Volume) -> Any:
    """Return a volume as an image of SimpleITK, see :meth:`viewer3d.Volume.to_sitk`."""
    sitk = _package("SimpleITK", "SimpleITK")
    image = sitk.GetImageFromArray(volume.voxels.T)
    image.SetSpacing(volume.spacing)
    image.SetOrigin(volume.geometry.origin)
    image.SetDirection(volume.geometry.direction.ravel().tolist())
    for key, text in ((_UNIT, volume.unit), (_MODALITY, volume.modality)):
        if text:
            image.SetMetaData(key, text)
    return image


def from_sitk(image: Any, unit: str | None, about: Mapping[str, Any]) -> Volume:
    """Return the volume of an image of SimpleITK, see :meth:`viewer3d.Volume.from_sitk`."""
    sitk = _package("SimpleITK", "SimpleITK")
    if not isinstance(image, sitk.Image):
        raise GeometryError(f"{image!r:.60} is no image of SimpleITK: give one, as SimpleITK.ReadImage returns")
    _check_image(image.GetDimension(), image.GetNumberOfComponentsPerPixel())
    values = sitk.GetArrayViewFromImage(image).T
    affine = _affine(image.GetDirection(), image.GetSpacing(), image.GetOrigin())
    held = {key: image.GetMetaData(key).strip() for key in (_UNIT, _MODALITY) if image.HasMetaDataKey(key)}
    return _volume(values, affine, unit, about, _Own(held.get(_UNIT, ""), held.get(_MODALITY, "")))


def to_itk(volume: Volume) -> Any:
    """Return a volume as an image of ITK, see :meth:`viewer3d.Volume.to_itk`."""
    itk = _package("itk", "itk")
    image = itk.image_from_array(np.ascontiguousarray(volume.voxels.T))
    image.SetSpacing([*volume.spacing])
    image.SetOrigin([*volume.geometry.origin])
    image.SetDirection(itk.matrix_from_array(np.ascontiguousarray(volume.geometry.direction)))
    return image


def from_itk(image: Any, unit: str | None, about: Mapping[str, Any]) -> Volume:
    """Return the volume of an image of ITK, see :meth:`viewer3d.Volume.from_itk`."""
    itk = _package("itk", "itk")
    if not hasattr(image, "GetImageDimension"):
        raise GeometryError(f"{image!r:.60} is no image of ITK: give one, as itk.imread returns")
    _check_image(image.GetImageDimension(), image.GetNumberOfComponentsPerPixel())
    values = itk.array_from_image(image).T
    direction = itk.array_from_matrix(image.GetDirection())
    return _volume(values, _affine(direction, [*image.GetSpacing()], [*image.GetOrigin()]), unit, about, _Own())


def from_pyvista(grid: Any, unit: str | None, about: Mapping[str, Any]) -> Volume:
    """Return the volume of a grid of pyvista, see :meth:`viewer3d.Volume.from_pyvista`."""
    if not hasattr(grid, "point_data") or not hasattr(grid, "direction_matrix"):
        shown = f"{grid!r:.60}".splitlines()[0]
        raise GeometryError(f"{shown} is no pyvista.ImageData: give one, as pyvista.wrap does")
    name = grid.point_data.active_scalars_name
    if name is None:
        held = ", ".join(grid.array_names) or "no values"
        raise GeometryError(
            f"the grid has no active values at its points ({held:.200}): a volume has one number at each; "
            "grid.set_active_scalars(name) makes them so, grid.cells_to_points() turns cells into points"
        )
    values = np.asarray(grid.point_data[name])
    if values.ndim != 1:
        raise GeometryError(f"the grid has {values.shape[1]} values a point (a color or a vector): give one of them")
    affine = _affine(grid.direction_matrix, grid.spacing, grid.origin)
    affine[:3, 3] += affine[:3, :3] @ np.array(grid.extent[::2])  # its first point is not always of index 0
    own = _Own(name if name in UNIT_NAMES else "", notes=(Note(_GRID_PLACE, "file.space_assumed"),))
    return _volume(values.reshape(grid.dimensions, order="F"), affine, unit, about, own)


def to_xarray(volume: Volume) -> Any:
    """Return a volume as an array of xarray, see :meth:`viewer3d.Volume.to_xarray`."""
    xarray = _package("xarray", "xarray")
    axes = ("i", "j", "k")
    coords: dict[str, Any] = {axis: np.arange(count) for axis, count in zip(axes, volume.shape, strict=True)}
    for along, name in enumerate("xyz"):
        parts = volume.geometry.direction[along]
        own = int(np.argmax(np.abs(parts)))
        if abs(parts[own]) >= _ALONG:
            places = _places(volume.geometry, own, along)
            coords[name] = (axes[own], places, {"units": "mm", "long_name": "toward " + "LPS"[along]})
    held = {"units": volume.unit, "modality": volume.modality, "space": "LPS", "affine": volume.affine.tolist()}
    attributes = {name: value for name, value in held.items() if value}
    return xarray.DataArray(volume.voxels, dims=axes, coords=coords, attrs=attributes, name=volume.modality or None)


def _places(geometry: Geometry, own: int, along: int) -> NDArray[np.float64]:
    index = np.zeros((geometry.shape[own], 3))
    index[:, own] = np.arange(geometry.shape[own])
    return geometry.index_to_world(index)[:, along]


def _package(name: str, install: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise DecoderError(f"{name} is not installed, which this needs: pip install {install}") from None


def _check_image(dimension: int, components: int) -> None:
    if dimension != 3:
        raise GeometryError(f"the image has {dimension} dimensions, and a volume three: give one volume of it")
    if components != 1:
        raise GeometryError(f"the image has {components} values a voxel (a color or a vector): give one of them")


def _affine(direction: Any, spacing: Any, origin: Any) -> NDArray[np.float64]:
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(np.asarray(direction, np.float64), (3, 3)) * np.asarray(spacing, np.float64)
    affine[:3, 3] = origin
    return affine


@dataclass(frozen=True)
class _Own:
    """What an image says of itself: unit, modality, and what is to be said of it."""

    unit: str = ""
    modality: str = ""
    notes: tuple[Note, ...] = ()


def _volume(
    values: NDArray[Any], affine: NDArray[np.float64], unit: str | None, about: Mapping[str, Any], own: _Own
) -> Volume:
    """Return a volume of values that another package holds, with what it says of them."""
    if values.dtype.kind not in "iufb":
        raise GeometryError(f"the image has values of {values.dtype}: give real numbers, as a real part or one color")
    if not np.isfinite(affine).all():
        raise GeometryError(f"the image's affine is not finite: {affine.tolist()}: give it one to mm")
    whole = {"modality": own.modality, **about, "notes": (*own.notes, *about.get("notes", ()))}
    return Volume.from_array(values, affine, unit=own.unit if unit is None else unit, **whole)

"""What a comparison of two exports comes to: of each volume, and of all."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Final, Literal

from viewer3d.core.vectors import Vector
from viewer3d.exports.headers import HeaderDifference
from viewer3d.exports.places import PlaceDifference
from viewer3d.exports.voxels import VoxelDifference
from viewer3d.measurements.comparability.acquisitions import AcquisitionDifference

ExportVerdict = Literal["same in every voxel and place", "same voxels, other places", "other values"]
"""What two volumes are to each other."""

_ORDER: Final[tuple[ExportVerdict, ...]] = (
    "same in every voxel and place",
    "same voxels, other places",
    "other values",
)


@dataclass(frozen=True)
class VoxelPair:
    """A voxel whose value differs: where it is, in the patient and in the files of both.

    Attributes
    ----------
    world : tuple of float
        LPS mm, of the first.
    before, after : float
        The values, in the units of both.
    before_file, after_file : str
        File, frame, column and row; empty of what was interpolated or is not DICOM.
    """

    world: Vector
    before: float
    after: float
    before_file: str = ""
    after_file: str = ""


@dataclass(frozen=True)
class VolumeComparison:
    """Two volumes, one of each export, that were taken for the same one.

    Attributes
    ----------
    before, after : str
        What they are called.
    matched_by : str
        Why they were taken for the same one: ``"Series Instance UID"``.
    files : tuple of two ints
        How many files they are in.
    voxels : VoxelDifference
    places : PlaceDifference
    first, largest : VoxelPair, optional
        The voxels that differ first, in the order of slices, rows and columns, and most.
    order : str
        How the axes of the second run, where not as those of the first.
    units : tuple of two str
    headers : tuple of HeaderDifference
    acquisition : tuple of AcquisitionDifference
        See :func:`viewer3d.compare_acquisitions`.
    """

    before: str
    after: str
    matched_by: str
    files: tuple[int, int]
    voxels: VoxelDifference
    places: PlaceDifference
    first: VoxelPair | None = None
    largest: VoxelPair | None = None
    order: str = ""
    units: tuple[str, str] = ("", "")
    headers: tuple[HeaderDifference, ...] = ()
    acquisition: tuple[AcquisitionDifference, ...] = ()

    @property
    def verdict(self) -> ExportVerdict:
        """What they are to each other.

        Values of two known units are other ones, and so are voxels that one of them does not have.
        """
        if self.voxels.differing or self.places.shapes is not None or (all(self.units) and len(set(self.units)) == 2):
            return "other values"
        return "same in every voxel and place" if self.places.is_same else "same voxels, other places"

    @property
    def line(self) -> str:
        """The verdict with how far places moved or how many values differ."""
        if self.verdict == "same voxels, other places":
            return f"{self.verdict} ({self.places})"
        if self.verdict == "other values":
            parts = [f"{self.voxels.differing:,} of {self.voxels.compared:,} voxels"] if self.voxels.differing else []
            parts += [] if self.places.shapes is None else [self.places.shapes_text]
            parts += [" against ".join(self.units)] if all(self.units) and len(set(self.units)) == 2 else []
            return f"{self.verdict} ({'; '.join(parts)})"
        return self.verdict


@dataclass(frozen=True)
class ExportComparison:
    """Two exports held against each other.

    Attributes
    ----------
    before, after : str
        Where they are.
    volumes : tuple of VolumeComparison
        Those that both have, in the order of the first.
    only_before, only_after : tuple of str
        Volumes, images and objects that one alone has.
    not_compared : tuple of str
        What both have and was not compared: segmentations and other objects, images without a place.
    unreadable : tuple of str
        Volumes and files that cannot be read, and why: what is in them is not known to be the same.
    """

    before: str
    after: str
    volumes: tuple[VolumeComparison, ...]
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def verdict(self) -> ExportVerdict:
        """The worst of the verdicts on volumes; ``"other values"`` where one export alone has some."""
        if self.only_before or self.only_after or not self.volumes:
            return "other values"
        return max((one.verdict for one in self.volumes), key=_ORDER.index)

    @property
    def is_same(self) -> bool:
        """Whether every volume is in both, can be read, and is the same in every voxel and place."""
        return self.verdict == "same in every voxel and place" and not self.unreadable

    def to_dict(self) -> dict[str, Any]:
        """Return all of it for JSON; numbers that are none are null."""
        plain: dict[str, Any] = _plain(asdict(self))
        for made, one in zip(plain["volumes"], self.volumes, strict=True):
            made["verdict"] = one.verdict
            made["acquisition"] = [each.as_dict() for each in one.acquisition]
        return {"verdict": self.verdict, **plain}

    def __str__(self) -> str:
        from viewer3d.exports.words import comparison_text  # noqa: PLC0415 (words are made of values)

        return comparison_text(self)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value

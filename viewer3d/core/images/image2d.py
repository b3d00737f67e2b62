"""Grey or coloured frames that lie in no space: radiographs, cine, ultrasound, secondary captures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.digest import digest_of_text
from viewer3d.core.geometry import Geometry
from viewer3d.core.series_info import Described, SeriesInfo
from viewer3d.core.view.planes import View
from viewer3d.core.volume import Volume, cached
from viewer3d.core.window import Window
from viewer3d.errors import GeometryError, ViewError

LUMA: Final = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in the brightness of a colour (ITU-R BT.601, as PS3.3 C.7.6.3.1.2 has YBR_FULL)."""

ACROSS: Final = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}
"""Of each side of a body the one across (PS3.3 C.7.6.1.1.1)."""

Sides = tuple[str, str]
"""Which sides of the patient a row and a column lead to, as ``("L", "F")``: Patient Orientation (0020,0020)."""

LIES_NOWHERE: Final = "an image lies in no space"

ONE_PANE: Final = "images lie in no space: they have one pane, and neither other planes nor 3D"


@dataclass(frozen=True, eq=False)
class Image2D(Described):
    """Frames of one size, grey in a unit or coloured, whose places in a patient are not known.

    Parameters
    ----------
    pixels : ndarray
        Grey: int16 or float32, shape (frames, rows, columns), in the unit. Colour: uint8, shape (frames, rows, columns,
        3), red, green and blue.
    spacing : tuple of float, optional
        From column to column and from row to row, in mm in the patient, where the files say it (PS3.3 10.7.1.3); None
        where nobody measured it.
    spacing_from : str
        The attribute that the spacing came from, or why there is none.
    aspect : float
        How many times as high as wide a pixel is; with a spacing it follows from that.
    unit : str
        Of grey values; empty when the files do not say what the numbers mean.
    sides : tuple of tuple of str
        Of each frame, which sides of the patient its rows and columns lead to; empty where none is known.
    info : SeriesInfo
        What is known of the series; its fields are readable on the image as well: ``image.notes``.

    Raises
    ------
    GeometryError
        When the array is none of frames, or spacing, aspect or sides do not fit it.

    Examples
    --------
    >>> import numpy as np
    >>> picture = Image2D(np.zeros((1, 20, 30, 3), np.uint8))
    >>> picture.is_color, picture.size, picture.spacing
    (True, (30, 20), None)
    """

    pixels: NDArray[Any]
    spacing: tuple[float, float] | None = None
    spacing_from: str = ""
    aspect: float = 1.0
    unit: str = ""
    sides: tuple[Sides, ...] = ()
    info: SeriesInfo = field(default_factory=SeriesInfo)
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False, init=False)

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels)
        is_color = pixels.ndim == 4 and pixels.shape[3] == 3 and pixels.dtype == np.uint8
        if not (is_color or pixels.ndim == 3) or 0 in pixels.shape or pixels.dtype.kind not in "iufb":
            raise GeometryError(
                f"pixels of shape {pixels.shape} and {pixels.dtype}: give (frames, rows, columns) of numbers, or "
                "(frames, rows, columns, 3) of uint8"
            )
        sizes = (self.aspect, *(self.spacing or ()))
        if (self.spacing is not None and len(self.spacing) != 2) or not all(0 < one < float("inf") for one in sizes):
            raise GeometryError(f"spacing {self.spacing} and aspect {self.aspect}: give numbers above 0, or no spacing")
        if self.sides and len(self.sides) != len(pixels):
            raise GeometryError(f"sides of {len(self.sides)} frames, and there are {len(pixels)}: give one pair each")
        view = pixels.view()
        view.flags.writeable = False
        object.__setattr__(self, "pixels", view)
        if self.spacing is not None:
            object.__setattr__(self, "aspect", self.spacing[1] / self.spacing[0])

    @property
    def is_color(self) -> bool:
        """Whether its pixels are colours."""
        return self.pixels.ndim == 4

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.pixels)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.pixels.shape[2], self.pixels.shape[1]

    @property
    def length_unit(self) -> Literal["mm", "px"]:
        """In which unit lengths on it are: pixels (columns) where nobody measured mm."""
        return "px" if self.spacing is None else "mm"

    def __repr__(self) -> str:
        columns, rows = self.size
        kind = "colour" if self.is_color else self.unit or "no unit"
        spacing = "no spacing" if self.spacing is None else "{:.4g} x {:.4g} mm".format(*self.spacing)
        frames = f"{self.count} frame{'s' * (self.count > 1)}"
        return f"Image2D({self.modality or 'image'} {columns} x {rows}, {frames}, {spacing}, {kind})"


@dataclass(frozen=True, eq=False, repr=False)
class FlatVolume(Volume):
    """The frames of an image as slices of a grid with its lengths, whose places are of no body.

    Parameters
    ----------
    image : Image2D
        What it is of.
    channels : tuple of Volume
        Red, green and blue, 0 to 255, on the same grid; none of a grey image. The voxels of a coloured one are its
        brightness.
    """

    image: Image2D | None = field(default=None, repr=False)
    channels: tuple[Volume, ...] = field(default=(), repr=False)

    @property
    def length_unit(self) -> Literal["mm", "px"]:
        """In which unit lengths on it are."""
        return "px" if self.image is None else self.image.length_unit

    @property
    def digest(self) -> str:
        """SHA-256 of the voxels, or of the digests of all three channels; cached."""
        return cached(self, _channels_digest) if self.channels else super().digest

    @property
    def default_window(self) -> Window:
        """The window that pictures begin with; a colour has none, and keeps all of its brightness."""
        return Window(127.5, 255, "LINEAR_EXACT") if self.channels else super().default_window

    @property
    def plain(self) -> Volume:
        """The same grid as any volume is, for numbers that are then said in the unit of the image; cached."""
        return cached(self, _plain)

    @property
    def image_kind(self) -> str:
        """What recipes call it: the unit of its lengths, and whether it is coloured."""
        return f"{self.length_unit}, colour" if self.channels else self.length_unit

    def sides_at(self, number: int) -> Sides | None:
        """Return which sides of the patient rows and columns of a frame lead to; None where it is not known."""
        sides = self.image.sides if self.image is not None else ()
        found = sides[number] if sides else ("", "")
        return found if all(found) else None

    def color_at(self, world: Any) -> tuple[int, int, int] | None:
        """Return the colour of the pixel that holds a point; None outside, and of a grey image."""
        values = [one.value_at(world, "nearest") for one in self.channels]
        if len(values) != 3 or any(one is None for one in values):
            return None
        red, green, blue = (int(one or 0) for one in values)
        return red, green, blue


def flat_of(volume: Volume) -> FlatVolume | None:
    """Return a volume that is the frames of an image; None for one that lies in a patient."""
    return volume if isinstance(volume, FlatVolume) else None


def shown_data(what: Any) -> Any:
    """Return what scenes draw of an image; all else as it is."""
    return flat_volume(what) if isinstance(what, Image2D) else what


def flat_volume(image: Image2D) -> FlatVolume:
    """Return the frames of an image as the slices of a grid in no space, which scenes draw; cached."""
    return cached(image, _flat_volume)


def first_view(volume: Volume, view: View) -> View:
    """Return the view that a volume is first seen in: of an image its one pane.

    Raises
    ------
    ViewError
        When an image is to be seen in another plane, or in 3D.
    """
    if flat_of(volume) is None:
        return view
    if view not in ("quad", "axial"):  # "quad" is what callers get who ask for none
        raise ViewError(f"view {view}: {ONE_PANE}; leave the view out")
    return "axial"


def check_has_window(volume: Volume, window: object, colors: str | None) -> None:
    """Check that no window and no colour map is asked for of an image that has colours of its own.

    Raises
    ------
    ViewError
        When one is.
    """
    flat = flat_of(volume)
    if flat is None or not flat.channels:
        return
    if window not in (None, "auto", "file"):
        raise ViewError(f"window {window}: an image in colour is shown in its own colours; leave the window out")
    if colors not in (None, "grey"):
        raise ViewError(f"colors {colors}: an image in colour is shown in its own colours; leave the colour map out")


def _flat_volume(image: Image2D) -> FlatVolume:
    across, down = image.spacing or (1.0, image.aspect)
    columns, rows = image.size
    geometry = Geometry(np.diag([across, down, 1.0, 1.0]), (columns, rows, image.count))
    if not image.is_color:
        return FlatVolume(_grid(image.pixels), geometry, image.unit, image.info, image=image)
    bare = SeriesInfo(modality=image.modality)
    channels = tuple(Volume(_grid(image.pixels[..., n]), geometry, info=bare) for n in range(3))
    brightness = np.empty(image.pixels.shape[:3], np.int16)
    for number, frame in enumerate(image.pixels):  # one by one: a cine in float64 takes eight times its bytes
        brightness[number] = np.rint(frame @ np.array(LUMA))
    info = replace(image.info, windows=())
    return FlatVolume(_grid(brightness), geometry, "", info, image=image, channels=channels)


def _plain(volume: FlatVolume) -> Volume:
    return Volume(volume.voxels, volume.geometry, volume.unit, volume.info)


def _grid(pixels: NDArray[Any]) -> NDArray[Any]:
    return np.asfortranarray(pixels.transpose(2, 1, 0))


def _channels_digest(volume: FlatVolume) -> str:
    return digest_of_text(*(one.digest for one in volume.channels))

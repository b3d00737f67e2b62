"""What a person's file of settings may say, as frozen values that were checked."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec
import numpy as np

from viewer3d.core.view.own_looks import (
    OwnColors,
    OwnTransfer,
    TransferBlend,
    TransferScale,
    check_own_name,
)
from viewer3d.core.window import NamedWindow, Window, window_between
from viewer3d.errors import Viewer3DError, ViewError

OPENING_VIEWS: Final = ("quad", "mpr", "axial", "coronal", "sagittal", "3d", "single")
"""Views that a series may open in; single is the plane that it was acquired in, alone."""


_SCALES: Final = {"hu": "HU", "suv": "SUV", "percentile": "percentile"}
"""Units that are told apart by their letters, by what they are in small ones."""

SPOKEN: Final = {"PET": "PT", "MRI": "MR", "SPECT": "NM"}
"""What people say of modalities that DICOM calls otherwise (PS3.3 C.7.3.1.1.1): no series has them."""

_MODALITY: Final = re.compile(r"[A-Z]{2,16}")


def is_modality(text: str) -> bool:
    """Return whether a text can be a code of DICOM's."""
    return bool(_MODALITY.fullmatch(text)) and text not in SPOKEN


def modality_remedy(text: str) -> str:
    """Return what to give in place of a text that is no modality."""
    word = text.upper()
    return SPOKEN.get(word) or (word if is_modality(word) else "one as CT, MR or PT")


def _check_modality(name: str, text: str) -> None:
    if text and not is_modality(text):
        raise ViewError(f'{name} = "{text}" is no modality: give {modality_remedy(text)}')


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    # A table of the file. What is wrong with its values is told with the place in the file that it has.

    def __post_init__(self) -> None:
        try:
            self.check()
        except Viewer3DError as error:
            raise ValueError(str(error)) from error  # which msgspec raises with the path of the table

    def check(self) -> None:
        """Check what the kinds of the fields leave open."""


class OwnWindow(_Table, frozen=True):
    """A window of a person's own: ``[[windows]]``.

    Attributes
    ----------
    name : str
    center, width : float, optional
        In the unit of the values; or ``low`` and ``high``.
    low, high : float, optional
        What becomes black and white. Of percentiles ``high`` alone, as in ``presets/windows.toml``.
    function : {"LINEAR", "LINEAR_EXACT", "SIGMOID"}, optional
        VOI LUT Function (0028,1056), of ``center`` and ``width``.
    unit : str
        What values it is for: ``"HU"``, ``"SUV"``, ``"percentile"``, or a unit as ``viewer3d info`` says it.
    modality : str
        What modality it is for, as ``"MR"``; with it ``unit`` may be left out, and it is for values in any.
    digit : int
        The key that it is on, 1 to 9; 0 for none.
    """

    name: str
    center: float | None = None
    width: float | None = None
    low: float | None = None
    high: float | None = None
    function: Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"] = "LINEAR"
    unit: str = ""
    modality: str = ""
    digit: int = 0

    def check(self) -> None:
        """Check that it is a window, for some values."""
        check_own_name(self.name)
        if self.name in ("auto", "file"):
            raise ViewError(f"name {self.name!r} means the volume's own window: give another")
        _check_modality("modality", self.modality)
        if (said := _SCALES.get(self.unit.lower(), self.unit)) != self.unit:
            raise ViewError(f'unit = "{self.unit}": give "{said}"')
        if not self.unit and not self.modality:
            raise ViewError('give unit = "HU", "SUV", "percentile" or another, or modality = "MR" or another')
        if not 0 <= self.digit <= 9:
            raise ViewError(f"digit {self.digit}: give a key from 1 to 9, or none")
        by_center, by_ends = (self.center, self.width), (self.low, self.high)
        if self.unit == "percentile":
            if by_center != (None, None) or self.low is not None or not 0 < (self.high or 0) <= 100:
                raise ViewError("of percentiles give high alone, above 0, up to 100")
        elif None not in by_center and by_ends == (None, None):
            Window(float(self.center or 0), float(self.width or 0), self.function)
        elif None not in by_ends and by_center == (None, None):
            if not np.isfinite(by_ends).all() or not self.low < self.high:  # type: ignore[operator, arg-type]
                raise ViewError("give a low and a higher high, both finite")
            if self.function != "LINEAR":
                raise ViewError("a function is of center and width: give these instead of low and high")
        else:
            raise ViewError("give either center and width, or low and high")

    @property
    def row(self) -> NamedWindow:
        """The window as a row of the table of windows."""
        bare = NamedWindow(self.name, self.unit, modality=self.modality, digit=self.digit)
        if self.unit == "percentile":
            return bare._replace(high=float(self.high or 0))
        if self.center is None or self.width is None:
            return bare._replace(own=window_between(float(self.low or 0), float(self.high or 0)))
        return bare._replace(own=Window(float(self.center), float(self.width), self.function))


class OwnTransferTable(_Table, frozen=True):
    """A transfer function of a person's own, ``[[transfer_functions]]``: the fields of ``OwnTransfer``."""

    name: str
    scale: TransferScale
    points: tuple[tuple[float, str, float], ...]
    blend: TransferBlend = "composite"
    step: float = 1.0
    ambient: float = 0.2
    diffuse: float = 0.8
    specular: float = 0.1
    specular_power: float = 12.0

    def check(self) -> None:
        """Check that a transfer function can be made of it."""
        self.own  # noqa: B018 (made to be checked)

    @property
    def own(self) -> OwnTransfer:
        """The transfer function."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        points = tuple((float(value), color.lower(), float(opacity)) for value, color, opacity in self.points)
        return OwnTransfer(**{**fields, "points": points})


class OwnColorsTable(_Table, frozen=True):
    """A colour map of a person's own: ``[[colors]]``.

    Attributes
    ----------
    name : str
    points : tuple of (int, int, int, int)
        Position, 0 to 255, and red, green and blue there, 0 to 255, as in ``presets/colors.toml``.
    colors : tuple of str
        Instead of points: colours as ``#ff8000``, from black's to white's, equally far apart.
    """

    name: str
    points: tuple[tuple[int, int, int, int], ...] = ()
    colors: tuple[str, ...] = ()

    def check(self) -> None:
        """Check that a colour map can be made of it."""
        if bool(self.points) == bool(self.colors):
            raise ViewError("give either points or colors")
        if not all(0 <= one <= 255 for point in self.points for one in point):
            raise ViewError("points: give whole numbers from 0 to 255: position, red, green, blue")
        self.own  # noqa: B018 (made to be checked)

    @property
    def own(self) -> OwnColors:
        """The colour map."""
        if self.points:
            return OwnColors(self.name, tuple((at, "#{:02x}{:02x}{:02x}".format(*rgb)) for at, *rgb in self.points))
        last = max(len(self.colors) - 1, 1)
        return OwnColors(self.name, tuple((round(255 * n / last), one.lower()) for n, one in enumerate(self.colors)))


class SessionSettings(_Table, frozen=True):
    """What is kept between sessions: ``[session]``.

    Attributes
    ----------
    keep : bool
        Whether measurements, window and layout of a series are kept beside it.
    recent : bool
        Whether the folders that were opened are kept; their paths may name patients.
    tool_bar : bool
        Whether a window begins with its tool bar.
    """

    keep: bool = True
    recent: bool = False
    tool_bar: bool = True


class OpeningRule(_Table, frozen=True):
    """How a series opens: an entry of ``[open]``.

    Attributes
    ----------
    view : str
        One of :data:`OPENING_VIEWS`.
    over : str
        Modality of the series that it is laid over, where one of the same frame of reference is in the same folder.
    """

    view: str = "quad"
    over: str = ""

    def check(self) -> None:
        """Check that there is such a view."""
        if self.view not in OPENING_VIEWS:
            raise ViewError(f"no view is named {self.view!r}: give one of {', '.join(OPENING_VIEWS)}")
        _check_modality("over", self.over)


class Settings(_Table, frozen=True):
    """All that a person's file says; what it does not say is as it is built in.

    Attributes
    ----------
    keys : dict of str to str or tuple of str
        Of a command's title, or the key that it is on, the keys that it is to be on instead.
    windows : tuple of OwnWindow
    transfer_functions : tuple of OwnTransferTable
    colors : tuple of OwnColorsTable
    session : SessionSettings
    open : dict of str to str or OpeningRule
        Of a modality, ``"localizer"``, ``"single"`` or ``"other"`` how it opens: a view, or view and ``over``.
    """

    keys: dict[str, str | tuple[str, ...]] = {}
    windows: tuple[OwnWindow, ...] = ()
    transfer_functions: tuple[OwnTransferTable, ...] = ()
    colors: tuple[OwnColorsTable, ...] = ()
    session: SessionSettings = SessionSettings()
    open: dict[str, str | OpeningRule] = {}

"""VOI windows from modality values to grey as DICOM defines them, and windows by name.

A window acts on a lookup table or on the pixels of one pane, never on the voxels of a volume.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.sampling import counted_percentiles
from viewer3d.errors import WindowError

VoiFunction: TypeAlias = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID", "TABLE"]

Steps: TypeAlias = tuple[tuple[float, int], ...]
"""A VOI LUT: the values from which on it gives another grey, growing, each with that grey from 0 to 255."""


@dataclass(frozen=True)
class Window:
    """One VOI window (PS3.3 C.11.2.1.2): its center, width and function.

    Parameters
    ----------
    center : float
        Window Center (0028,1050), in the unit of the values.
    width : float
        Window Width (0028,1051), in the unit of the values: at least 1 for LINEAR, above 0 for the others.
    function : {"LINEAR", "LINEAR_EXACT", "SIGMOID", "TABLE"}
        VOI LUT Function (0028,1056); TABLE is an item of VOI LUT Sequence (0028,3010), see :func:`table_window`.
    table : tuple of (float, int)
        Of TABLE: the values from which on there is another grey, growing, and that grey, 0 to 255. Center and width
        are then those of the values between the first and the last grey.

    Raises
    ------
    WindowError
        When a number is not finite, the width is one the standard forbids, or the table is none.
    """

    center: float
    width: float
    function: VoiFunction = "LINEAR"
    table: Steps = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.function not in get_args(VoiFunction):
            raise WindowError(f"window function {self.function!r} is none of {', '.join(get_args(VoiFunction))}")
        least = 1 if self.function == "LINEAR" else 0
        fits = self.width >= 1 if self.function == "LINEAR" else self.width > 0
        if not (np.isfinite(self.center) and np.isfinite(self.width) and fits):
            raise WindowError(
                f"window {self.center:g}/{self.width:g}: center and width must be finite and the width of "
                f"{self.function} {'at least' if least else 'above'} {least} (PS3.3 C.11.2.1.2); give center/width"
            )
        if bool(self.table) != (self.function == "TABLE"):
            raise WindowError(
                f"window function {self.function} with {len(self.table)} steps: TABLE has some, others none"
            )
        if self.table:
            values, greys = np.array(self.table, np.float64).T
            if not (
                np.isfinite(values).all() and (np.diff(values) > 0).all() and ((greys >= 0) & (greys <= 255)).all()
            ):
                raise WindowError("window table: give growing finite values, each with a grey from 0 to 255")

    def apply(self, values: ArrayLike) -> NDArray[np.float64]:
        """Map values to grey between 0 (black) and 1 (white).

        The formulae are those of PS3.3 C.11.2.1.2.1 (LINEAR), C.11.2.1.3.1 (SIGMOID) and C.11.2.1.3.2
        (LINEAR_EXACT), with output range 0 to 1. NaN gives 0. Below the first value of a TABLE is its first grey, above
        the last one its last (C.11.2.1.1).

        Parameters
        ----------
        values : array_like
            Modality values, any shape and real dtype.

        Returns
        -------
        ndarray of float64, same shape
        """
        x = np.asarray(values, np.float64)
        if self.function == "TABLE":
            starts, greys = np.array(self.table, np.float64).T
            grey = greys[np.maximum(np.searchsorted(starts, x, side="right") - 1, 0)] / 255
        elif self.function == "SIGMOID":
            with np.errstate(over="ignore"):  # far below the window exp() is infinite, and 1 / inf the right 0
                grey = 1 / (1 + np.exp(-4 * (x - self.center) / self.width))
        else:
            middle, width = self._middle, self._width
            # LINEAR of width 1 is a step, and the standard gives the step itself to black.
            with np.errstate(over="ignore"):  # far from a very narrow window: infinite, and the right end of it
                grey = np.clip((x - middle) / width + 0.5, 0, 1) if width > 0 else (x > middle).astype(np.float64)
        return np.where(np.isnan(x), 0.0, grey)

    @property
    def bounds(self) -> tuple[float, float]:
        """The values that become black and white (for SIGMOID: grey 0.12 and 0.88), in the unit of the values.

        LINEAR runs from ``c - 0.5 - (w-1)/2`` to ``c - 0.5 + (w-1)/2``, the others from ``c - w/2`` to ``c + w/2``.
        """
        return self._middle - self._width / 2, self._middle + self._width / 2

    def scaled(self, factor: float, offset: float = 0.0) -> Window:
        """Return the window that shows values times a factor, plus an offset, as this one shows the values.

        The factor is above 0. LINEAR becomes LINEAR_EXACT: its half steps and the one it takes from the width are
        those of whole numbers.
        """
        if self.function == "TABLE":
            table = tuple((value * factor + offset, grey) for value, grey in self.table)
            return Window(self.center * factor + offset, self.width * factor, "TABLE", table)
        function: VoiFunction = "SIGMOID" if self.function == "SIGMOID" else "LINEAR_EXACT"
        width = max(self._width * factor, float(np.finfo(np.float32).tiny))
        return Window(self._middle * factor + offset, width, function)

    @property
    def without_table(self) -> Window:
        """The window itself; of a TABLE, the LINEAR_EXACT window over the same values."""
        return Window(self.center, self.width, "LINEAR_EXACT") if self.function == "TABLE" else self

    @property
    def _middle(self) -> float:
        return self.center - 0.5 if self.function == "LINEAR" else self.center

    @property
    def _width(self) -> float:
        return self.width - 1 if self.function == "LINEAR" else self.width

    def __str__(self) -> str:
        text = f"{self.center:g}/{self.width:g}"
        return text if self.function == "LINEAR" else f"{text} {self.function}"


AnyWindow: TypeAlias = Window | str | Sequence[float]
"""What a person may give for a window: one, its name or "center/width", or center and width: ``(40, 400)``."""


def window_decimals(window: Window) -> int:
    """Return how many decimals values have that are shown with a window: none from a width of 50 on."""
    return int(np.clip(np.ceil(np.log10(50 / window.width)), 0, 6))


def is_pair(window: Any) -> bool:
    """Return whether something is two numbers, as center and width are."""
    return (
        isinstance(window, list | tuple | np.ndarray)
        and len(window) == 2
        and all(isinstance(one, int | float | np.number) and not isinstance(one, bool) for one in window)
    )


def as_window(window: AnyWindow) -> Window:
    """Return a window from one, from ``(center, width)``, or from text as :func:`parse_window` reads it.

    Raises
    ------
    WindowError
        When it is none; the message says what to give.

    Examples
    --------
    >>> as_window((40, 400))
    Window(center=40.0, width=400.0, function='LINEAR')
    """
    if isinstance(window, Window):
        return window
    if isinstance(window, str):
        return parse_window(window)
    if is_pair(window):
        return Window(float(window[0]), float(window[1]))
    raise WindowError(f"window {window!r}: give (center, width), as in (40, 400), a name as 'bone', or a Window")


def table_window(first: float, greys: ArrayLike) -> Window:
    """Make the window of a VOI LUT (PS3.3 C.11.2.1.1).

    Parameters
    ----------
    first : float
        The value of the first entry; the next ones follow in steps of 1.
    greys : array_like, shape (N,)
        Of each entry, 0 (black) to 255 (white). Between two values the nearer one's holds.

    Raises
    ------
    WindowError
        When there is no entry.
    """
    levels = np.rint(np.asarray(greys, np.float64)).astype(int)
    if not levels.size:
        raise WindowError("window table without entries: give one grey or more")
    changes = np.flatnonzero(np.diff(levels)) + 1
    steps = ((first, int(levels[0])), *((first + float(n) - 0.5, int(levels[n])) for n in changes))
    low, high = (steps[1][0], steps[-1][0]) if len(steps) > 2 else (first, first + max(len(levels) - 1, 1))
    return Window((low + high) / 2, high - low, "TABLE", steps)


Scale = Literal["HU", "SUV", "percentile"]
"""What the numbers of a named window are: HU, standardized uptake values, or percentiles of the volume's own values."""


class NamedWindow(NamedTuple):
    """One row of ``presets/windows.toml``: center and width in HU, or the ends of the others' scales.

    A window of a person's own is ``own``, for values in the unit ``scale`` or, where that is empty, in any; of one
    modality where there is one, and on the key ``digit`` where that is not 0.
    """

    name: str
    scale: Scale | str = "HU"
    center: float = 0.0
    width: float = 0.0
    low: float = 0.0
    high: float = 0.0
    own: Window | None = None
    modality: str = ""
    digit: int = 0

    @property
    def window(self) -> Window:
        """The row as a :class:`Window` in its own scale."""
        if self.own is not None:
            return self.own
        return Window(self.center, self.width) if self.scale == "HU" else window_between(self.low, self.high)


def window_between(low: float, high: float) -> Window:
    """Return the window whose black is one value and whose white is another, higher one (LINEAR_EXACT)."""
    return Window((low + high) / 2, high - low, "LINEAR_EXACT")


@cache
def window_rows() -> dict[str, NamedWindow]:
    """Return all rows of ``presets/windows.toml`` by name, in the order of their digits."""
    import tomllib  # noqa: PLC0415 (whoever draws nothing needs no presets)

    # importlib.resources would load tempfile and all that it needs, which takes 3 ms.
    rows = tomllib.loads((Path(__file__).parents[1] / "presets" / "windows.toml").read_text("utf-8"))["window"]
    return {row["name"]: NamedWindow(**row) for row in rows}


@cache
def named_windows(scale: Literal["HU", "SUV"] = "HU") -> dict[str, Window]:
    """Return the windows that have names, in the order of their digits, for values in HU or SUV."""
    return {name: row.window for name, row in window_rows().items() if row.scale == scale}


_CENTER_WIDTH = re.compile(r"\s*(?P<center>[^/\s]+)\s*/\s*(?P<width>[^/\s]+)\s*")


_PERCENTILE = re.compile(r"0-(?P<high>\d{1,3}(?:\.\d+)?)%")


def find_row(text: str) -> NamedWindow | None:
    """Return the row of a name, in any case, with spaces, dashes or underscores; None when unknown.

    A name that is built in means the same everywhere; others may be those of a person's own file. ``0-97.5%`` is from
    the background to any percentile of a volume's own values.
    """
    if _CENTER_WIDTH.fullmatch(text):
        return None
    name = text.strip().lower().replace("_", "-").replace(" ", "-")
    if (row := window_rows().get(name)) is not None:
        return row
    if (match := _PERCENTILE.fullmatch(name)) and 0 < (high := float(match["high"])) <= 100:
        return NamedWindow(name, "percentile", high=high)
    from viewer3d.settings.names import own_windows  # noqa: PLC0415 (a name that is built in needs no file)

    return own_windows().get(name)


def parse_window(text: str) -> Window:
    """Parse the text of a window: a name, or ``center/width``.

    Parameters
    ----------
    text : str
        A name of :func:`named_windows` (``"bone"``, ``"soft tissue"`` or ``"soft-tissue"``; ``"0-5"`` of SUV), or two
        numbers (``"40/400"``).

    Raises
    ------
    WindowError
        When it is neither; the message lists the names.

    Examples
    --------
    >>> parse_window("-600/1500")
    Window(center=-600.0, width=1500.0, function='LINEAR')
    """
    row = find_row(text)
    if row is not None and row.scale != "percentile":
        return row.window
    if row is not None:
        raise WindowError(
            f"window {row.name} is of a volume's own values: it has no numbers without one; give center/width"
        )
    if match := _CENTER_WIDTH.fullmatch(text):
        try:
            center, width = float(match["center"]), float(match["width"])
        except ValueError:
            pass
        else:
            return Window(center, width)
    from viewer3d.settings.names import own_windows  # noqa: PLC0415 (as above)

    names = ", ".join([*own_windows(), *window_rows()])
    raise WindowError(f"no window is named {text!r}: give center/width, as in 40/400, or one of {names}")


def check_window_text(text: str) -> None:
    """Check the text of a window before there is a volume.

    Raises
    ------
    WindowError
        When it is no name, no numbers, and not ``auto``, ``file`` or ``file:2``.
    """
    if not text.startswith(("auto", "file")) and find_row(text) is None:
        parse_window(text)


LEAST_HU = -1024
"""HU: what is lower is no density but a filling of what was not measured: outside of its field of view a CT may hold
-2000 or -3024."""

AUTO_PERCENTILES = (0.5, 99.5)
"""What :func:`auto_window` makes black and white: half a percent at either end is left to outliers."""


def auto_window(values: ArrayLike) -> Window:
    """Find a window from the percentiles of values, for units without fixed windows.

    Parameters
    ----------
    values : array_like, any shape and real dtype
        A fair sample of the values; NaN and infinities are left out.

    Returns
    -------
    Window
        LINEAR_EXACT from the 0.5th to the 99.5th percentile of the values that are not the lowest one (the
        background, which fills most of an MR or PET volume); around the value itself when all are the same.
    """
    x = np.asarray(values).ravel()
    if x.dtype.kind == "f":
        x = x[np.isfinite(x)]
    if not x.size:
        return Window(0.0, 1.0, "LINEAR_EXACT")
    if x.dtype.kind in "iu":  # counted in a fifth of the time that percentiles of all take
        values, counts = np.unique(x, return_counts=True)
        inside = values[1:]
        ends = counted_percentiles(inside, counts[1:], AUTO_PERCENTILES) if inside.size else ()
    else:
        inside = x[x > x.min()]
        ends = np.percentile(inside, AUTO_PERCENTILES) if inside.size else ()
    if not inside.size:
        return Window(float(x[0]), 1.0, "LINEAR_EXACT")
    low, high = map(float, ends)
    if high <= low:
        low, high = float(x.min()), float(inside.max())
    return Window((low + high) / 2, high - low, "LINEAR_EXACT")


NEAR_ENDS: Final = (0.1, 99.9)
"""Percentiles of nearly the darkest and nearly the brightest value: single voxels beyond are not what one looks for."""

LEAST_CONTRAST: Final = 0.05
"""Of black to white: 13 of 256 greys, less is a picture of one grey to the eye."""


def shows_something(window: Window, values: NDArray[Any]) -> bool:
    """Return whether a window gives values different greys; True when all values are the same.

    Parameters
    ----------
    window : Window
    values : ndarray, shape (N,)
        In the unit of the window.
    """
    if not values.size:
        return True
    # numpy's own percentile loads numpy.ma first, which takes 9 ms.
    ends = np.sort(values)[[round(share / 100 * (values.size - 1)) for share in NEAR_ENDS]]
    low, high = window.apply(ends)
    return bool(ends[0] == ends[1] or abs(high - low) >= LEAST_CONTRAST)

"""The options that all figures share: size, paper, background, how slices look and what is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict, get_args

import numpy as np

from viewer3d.core.sampling import Interpolation, check_interpolation
from viewer3d.core.view.state import Slab, ViewState, as_slab
from viewer3d.errors import ViewError
from viewer3d.figures.contrast import ON_WHITE
from viewer3d.render.first_state import with_slices
from viewer3d.render.marks.display_list import BLACK, EMPTY, OFF_WHITE, SHADE, WHITE, Color
from viewer3d.render.panes import LARGEST_SIDE, SMALLEST_SIDE, check_size

Background = Literal["black", "white", "transparent"]
Unit = Literal["mm", "cm"]

PAGE_WIDTH = 180.0
"""mm, two columns of most journals: the width of a figure without a width or size."""

MM_PER_INCH = 25.4
POINTS_PER_INCH = 72


@dataclass(frozen=True)
class PageColors:
    """The colours of what stands beside the panes.

    Attributes
    ----------
    ground : tuple of int, optional
        Red, green and blue, 0 to 255, behind the panes; None where the page is transparent.
    foreground : tuple of int
        Of text and lines.
    outline : tuple of int, optional
        Around text and lines, where the ground is not known.
    muted : tuple of int
        Of what is less than text: frames, ticks, fillings.
    pane : tuple of int
        Of slice panes where nothing of the volume is.
    pane_3d : tuple of int
        Behind a volume in 3D.
    """

    ground: Color | None
    foreground: Color
    outline: Color | None
    muted: Color
    pane: Color = BLACK
    pane_3d: Color = EMPTY

    @property
    def is_light(self) -> bool:
        """Whether panes are white."""
        return self.pane == WHITE


PAGE_COLORS: dict[Background, PageColors] = {
    "black": PageColors(BLACK, OFF_WHITE, None, (120, 122, 126)),
    "white": PageColors(WHITE, ON_WHITE[OFF_WHITE], None, (120, 122, 126), WHITE, WHITE),
    "transparent": PageColors(None, SHADE, WHITE, (120, 122, 126)),
}


@dataclass(frozen=True)
class Style:
    """The options that all figures share.

    Attributes
    ----------
    size : tuple of int, optional
        Width and height in pixels. Without it the height is what the panes need.
    width : float, optional
        Width on paper, in mm, instead of the size; :data:`PAGE_WIDTH` when neither is given.
    dpi : float
        Pixels per inch on paper.
    text : float, optional
        Size of text on paper, in points; without it text grows with the figure.
    background : {"black", "white", "transparent"}
        Behind and between the panes. On white, panes too are white where nothing of the volume is, in 3D as well, and
        what is written over them is dark; otherwise they are black there.
    colors : str, optional
        Name of the colour map of slices, see ``presets/colors.toml``; without it grey, or that of the state.
    inverted : bool, optional
        Whether slices show black what they would show white; without it as the volume or the state has it.
    slab : Slab, float or str, optional
        How thick slices are: mm, or mm and how they are blended, as in ``"10,mean"``; else the planes alone, or as
        the state has it.
    interpolation : {"linear", "nearest"}, optional
        Whether slices are interpolated, or show each voxel as a box; without it as the state has it.
    value_bar : bool
        Whether a bar beside the panes says which colour is which value.
    panel_letters : bool
        Whether panes are lettered A, B, C.
    scale : {"mm", "cm"}
        Unit of the scale bar.
    legend : bool, optional
        Whether a key below the panes says which colour is which segment or region of interest that they show; without
        it there is one wherever they show any.

    Raises
    ------
    ViewError
        When one of them is none that a figure can have.
    """

    size: tuple[int, int] | None = None
    width: float | None = None
    dpi: float = 300.0
    text: float | None = None
    background: Background = "black"
    colors: str | None = None
    inverted: bool | None = None
    slab: Slab | float | str | None = None
    interpolation: Interpolation | None = None
    value_bar: bool = False
    panel_letters: bool = False
    scale: Unit = "mm"
    legend: bool | None = None

    def __post_init__(self) -> None:
        if self.interpolation is not None:
            check_interpolation(self.interpolation)
        for name in ("inverted", "legend"):
            if not isinstance(getattr(self, name), bool | None):
                raise ViewError(f"{name} {getattr(self, name)!r}: give True or False")
        if self.size is not None:
            if self.width is not None:
                raise ViewError(f"both a size {self.size} and a width {self.width} mm were given: give one of them")
            object.__setattr__(self, "size", check_size(self.size))
        for name, least, most, unit in (("width", 5, 2000, "mm"), ("dpi", 10, 2400, ""), ("text", 1, 200, "points")):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and least <= value <= most):
                raise ViewError(f"{name} {value!r}: give a number from {least} to {most} {unit}".rstrip())
        for name, choices in (("background", get_args(Background)), ("scale", get_args(Unit))):
            if getattr(self, name) not in choices:
                raise ViewError(f"{name} {getattr(self, name)!r}: give one of {', '.join(choices)}")
        if self.slab is not None:
            object.__setattr__(self, "slab", as_slab(self.slab))
        if not SMALLEST_SIDE <= self.page_width <= LARGEST_SIDE:
            raise ViewError(
                f"figure of {self.width} mm at {self.dpi:g} dpi is {self.page_width} pixels wide: "
                f"give what makes {SMALLEST_SIDE} to {LARGEST_SIDE}"
            )

    def apply_to(self, state: ViewState) -> ViewState:
        """Return a state with what the style says of how slices look."""
        return with_slices(
            state, inverted=self.inverted, colors=self.colors, slab=self.slab, interpolation=self.interpolation
        )

    @property
    def page_width(self) -> int:
        """Width in pixels."""
        if self.size is not None:
            return self.size[0]
        return round((self.width or PAGE_WIDTH) / MM_PER_INCH * self.dpi)

    def text_pixels(self, natural: float) -> int:
        """Return the size of text in pixels: as the style has it, else the natural one."""
        return round(natural if self.text is None else self.text / POINTS_PER_INCH * self.dpi)


def page_colors(style: Style) -> PageColors:
    """Return the colours beside the panes."""
    return PAGE_COLORS[style.background]


def check_unused(style: Style, figure: str, *names: str) -> None:
    """Check that options which a figure has no use for were not given.

    Raises
    ------
    ViewError
        When one of them was.
    """
    for name in names:
        if getattr(style, name) is not None:
            raise ViewError(f"{figure} has no slices that {name} could change: leave {name} out")


class StyleOptions(TypedDict, total=False):
    """The fields of :class:`Style` as optional keywords: ``**options: Unpack[StyleOptions]``."""

    size: tuple[int, int] | None
    width: float | None
    dpi: float
    text: float | None
    background: Background
    colors: str | None
    inverted: bool | None
    slab: Slab | float | str | None
    interpolation: Interpolation | None
    value_bar: bool
    panel_letters: bool
    scale: Unit
    legend: bool | None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))

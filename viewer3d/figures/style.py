"""Style: the options that all figures share: size, paper, background, colours and what is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from viewer3d.errors import ViewError
from viewer3d.render.marks import INK, SHADE, Color
from viewer3d.render.panes import LARGEST_SIDE, SMALLEST_SIDE, check_size
from viewer3d.view import Slab, ViewState, as_slab, with_slices

Background = Literal["black", "white", "transparent"]
Unit = Literal["mm", "cm"]

PAGE_WIDTH = 180.0
"""mm: of two columns of most journals, the width of a figure that is told none."""

MM_PER_INCH = 25.4
POINTS_PER_INCH = 72


@dataclass(frozen=True)
class PageColors:
    """The colours of what stands beside the panes.

    Attributes
    ----------
    ground : tuple of int, optional
        Red, green and blue, 0 to 255, behind the panes; None where the page is transparent.
    ink : tuple of int
        Of text and lines.
    outline : tuple of int, optional
        Around text and lines, where the ground is not known.
    soft : tuple of int
        Of what is less than text: frames, ticks, fillings.
    """

    ground: Color | None
    ink: Color
    outline: Color | None
    soft: Color


PAGE_COLORS: dict[Background, PageColors] = {
    "black": PageColors((0, 0, 0), INK, None, (120, 122, 126)),
    "white": PageColors((255, 255, 255), (26, 27, 30), None, (120, 122, 126)),
    "transparent": PageColors(None, SHADE, (255, 255, 255), (120, 122, 126)),
}


@dataclass(frozen=True)
class Style:
    """The options that all figures share.

    Attributes
    ----------
    size : tuple of int, optional
        Width and height in pixels; panes are black where the volume does not fill them. Without it the height is what
        the panes need.
    width : float, optional
        Width on paper, in mm, instead of the size; :data:`PAGE_WIDTH` when neither is given.
    dpi : float
        Pixels per inch on paper.
    text : float, optional
        Size of text on paper, in points; without it text grows with the figure.
    background : {"black", "white", "transparent"}
        Behind and between the panes.
    colors : str, optional
        Name of the colour map of slices, see ``presets/colors.toml``; without it grey, or that of the state.
    inverted : bool, optional
        Whether slices show black what they would show white; without it as the volume or the state has it.
    slab : Slab, float or str, optional
        How thick slices are: mm, or mm and how they are blended, as in ``"10,mean"``; else the planes alone, or as
        the state has it.
    value_bar : bool
        Whether a bar beside the panes says which colour is which value.
    panel_letters : bool
        Whether panes are lettered A, B, C.
    scale : {"mm", "cm"}
        Unit of the scale bar.

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
    value_bar: bool = False
    panel_letters: bool = False
    scale: Unit = "mm"

    def __post_init__(self) -> None:
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

    def check_without(self, figure: str, *names: str) -> None:
        """Check that options which a figure has no use for were not given.

        Raises
        ------
        ViewError
            When one of them was.
        """
        for name in names:
            if getattr(self, name) is not None:
                raise ViewError(f"{figure} has no slices that {name} could change: leave {name} out")

    def look(self, state: ViewState) -> ViewState:
        """Return a state with the colours, the inversion and the slab that were given."""
        return with_slices(state, inverted=self.inverted, colors=self.colors, slab=self.slab)

    @property
    def page_width(self) -> int:
        """Width in pixels."""
        if self.size is not None:
            return self.size[0]
        return round((self.width or PAGE_WIDTH) / MM_PER_INCH * self.dpi)

    @property
    def page_colors(self) -> PageColors:
        """The colours beside the panes."""
        return PAGE_COLORS[self.background]

    def text_pixels(self, natural: float) -> int:
        """Return the size of text in pixels, where without a wish it would be the natural one."""
        return round(natural if self.text is None else self.text / POINTS_PER_INCH * self.dpi)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))

"""Texts, scales and value bars over and beside the panes of figures, as marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from viewer3d.core.view.slice_pane import turn_text
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow
from viewer3d.figures.layout import SIDE_LETTERS_ONLY_BELOW
from viewer3d.figures.style import PageColors, Unit
from viewer3d.render.marks.annotations import (
    crosshair,
    mirror_marks,
    position_text,
    sampling_text,
    scale_bar,
)
from viewer3d.render.marks.display_list import OFF_WHITE, Color, DisplayList, Line, Mark, Path, Ramp, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.layer_labels import LayerLabel
from viewer3d.render.marks.layer_lines import placing_marks, printed_window_marks, split_lines
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.orientation import side_letters
from viewer3d.render.marks.plots.ticks import tick_texts, ticks
from viewer3d.render.marks.typesetting import columns_of, fitted
from viewer3d.render.marks.value_bar import LEAST_HEIGHT, bar_colors, layer_bars, value_bar_marks
from viewer3d.render.marks.value_texts import window_texts
from viewer3d.render.panes import PaneGeometry, Rect

LETTER_SIZE = 1.5
"""Of a panel's letter, in text sizes."""

_TEXT_DISTANCE = 1.2
"""Text sizes between a letter in the middle of an edge and other text: nearer it would seem to be a part of it."""

BAR_HEIGHT = 0.6
"""Of a value bar, as a part of the strip it stands in."""

NAMED_HEAD = 3.2
"""Over a value bar with the name of its layer and a unit, in text sizes."""

NAMED_FOOT = 0.8
"""Below such a bar, in text sizes: half the number at its end, and a gap."""


def panel_letter(number: int) -> str:
    """Return the letter of a panel, from 0: A to Z, then AA.

    Examples
    --------
    >>> [panel_letter(n) for n in (0, 25, 26, 28)]
    ['A', 'Z', 'AA', 'AC']
    """
    more, last = divmod(number, 26)
    return (panel_letter(more - 1) if more else "") + chr(ord("A") + last)


@dataclass(frozen=True)
class Labels:
    """The labels over a slice pane.

    Attributes
    ----------
    title : str
        At its upper left.
    color : tuple of int
        Of the title.
    how : str
        Below the title: how the slice was made, where one would not guess it.
    position : bool
        Whether its upper right says where the plane is.
    note : str
        At its lower left.
    layers : tuple of LayerLabel
        Those whose windows stand at the lower left instead of the note; what they were placed by stands at the upper
        right.
    bars : bool
        Whether there are value bars within the pane: of the first layer, and of the others whose looks have one.
    scale : bool
        Whether there is a scale bar.
    sides : bool
        Whether the patient's sides are at its edges.
    cross : ViewState, optional
        Whose planes are shown where they cut this one.
    marks : tuple of Mark
        Anything more.
    """

    title: str = ""
    color: Color = OFF_WHITE
    how: str = ""
    position: bool = False
    note: str = ""
    layers: tuple[LayerLabel, ...] = ()
    bars: bool = False
    scale: bool = False
    sides: bool = True
    cross: ViewState | None = None
    marks: DisplayList = ()


def pane_marks(m: MarkMetrics, pane: PaneGeometry, labels: Labels, letter: str, unit: Unit) -> DisplayList:
    """List the marks over a slice pane; in a small one no more than the letters of the patient's sides.

    Parameters
    ----------
    m : MarkMetrics
        Of the pane.
    pane : PaneGeometry
    labels : Labels
    letter : str
        Of the panel; empty where panels have none.
    unit : {"mm", "cm"}
        Of the scale bar.
    """
    bar: DisplayList = ()
    turn = turn_text(pane.plane.turned, mirrored=pane.plane.mirrored)
    labels = replace(labels, how="   ".join(part for part in (labels.how, turn) if part)) if turn else labels
    if len(labels.layers) == 1 and not labels.layers[0].name:  # nothing needs its name
        (alone,) = labels.layers
        bar = _value_bar(m, alone) if labels.bars else ()
        note = "   ".join(window_texts(alone.look.window, alone.unit))
        labels = replace(labels, note=note, layers=(), bars=False)
    if min(pane.size) < SIDE_LETTERS_ONLY_BELOW * m.size:
        return (*bar, *labels.marks, *(side_letters(m, pane) if labels.sides else ()), *mirror_marks(m, pane))
    texts = (
        *(_sides(m, pane, labels, letter) if labels.sides else ()),
        *title_marks(m, labels.title, letter, labels.color),
        *_how_marks(m, labels.how, letter),
        *((Text(m.right, m.pad + m.cap, position_text(pane), m.size, align="right"),) if labels.position else ()),
        *((Text(m.pad, m.bottom, labels.note, m.size),) if labels.note else ()),
        *(scale_bar(m, pane.mm_per_pixel, unit) if labels.scale else ()),
        *(_layer_marks(m, labels, letter) if labels.layers else ()),
    )
    return (
        *split_lines(m, labels.layers),
        *(crosshair(m, labels.cross, pane) if labels.cross else ()),
        *bar,
        *labels.marks,
        *texts,
        *(_layer_bars(m, labels.layers, texts) if labels.bars and labels.layers else ()),
    )


def _layer_marks(m: MarkMetrics, labels: Labels, letter: str) -> tuple[Text, ...]:
    others = (*title_marks(m, labels.title, letter), *_how_marks(m, labels.how, letter))
    return (
        *printed_window_marks(m, labels.layers, has_scale=labels.scale, has_letter=labels.sides),
        *placing_marks(m, labels.layers, others, left_free=0),
    )


def _value_bar(m: MarkMetrics, label: LayerLabel) -> DisplayList:
    ends = {"top": m.height / 2 + 1.2 * m.size, "bottom": m.bottom - 3 * m.size}
    look = label.look
    return value_bar_marks(m, look.window, look.colors, label.unit, inverted=label.inverted, **ends)


def _layer_bars(m: MarkMetrics, labels: tuple[LayerLabel, ...], others: DisplayList) -> DisplayList:
    base, *overlays = labels
    first = replace(base, look=replace(base.look, value_bar=True))
    # Levels stand in the page's key.
    return layer_bars(m, [replace(one, look=replace(one.look, levels=())) for one in (first, *overlays)], others)


def _sides(m: MarkMetrics, pane: PaneGeometry, labels: Labels, letter: str) -> tuple[Text, ...]:
    # The letters that fit; those at the left and right edge always do.
    left, right, top, bottom = side_letters(m, pane)
    room = (m.width / 2 - m.pad) / m.size - _TEXT_DISTANCE
    position = len(position_text(pane)) if labels.position else 0
    upper = LETTER_WIDE * max(columns_of(labels.title) + 3 * len(letter), position) <= room
    lower = LETTER_WIDE * columns_of(labels.note) <= room
    return (left, right, *((top,) if upper else ()), *((bottom,) if lower else ()))


def _how_marks(m: MarkMetrics, how: str, letter: str) -> tuple[Text, ...]:
    if not how:
        return ()
    first = m.pad + (LETTER_SIZE if letter else 1) * m.cap  # a letter is higher than a title
    return (Text(m.pad, first + m.step, how, m.size),)


def window_note(state: ViewState, volume: Volume) -> str:
    """Write the window of a state's slices."""
    return "   ".join(window_texts(state.layers[0].window, volume.unit))


def how_text(state: ViewState) -> str:
    """Write how slices of a state are sampled: oblique, slab, interpolation."""
    return "   ".join(part for part in ("oblique" if state.is_oblique else "", sampling_text(state)) if part)


def window_title(window: AnyWindow) -> str:
    """Write the name of a window; an empty text for one of numbers."""
    if not isinstance(window, str) or "/" in window:
        return ""
    return window.replace("-", " ").replace("_", " ").capitalize()


def title_marks(m: MarkMetrics, title: str, letter: str, color: Color = OFF_WHITE) -> tuple[Text, ...]:
    """List a pane's letter and title, at its upper left."""
    large = round(LETTER_SIZE * m.size)
    begin = m.pad + (0.7 * large * len(letter) + 0.5 * m.size if letter else 0)
    # The letter and the title begin at the same height, level with all else at the top.
    first = (Text(m.pad, m.pad + LETTER_SIZE * m.cap, letter, large),) if letter else ()
    return (*first, Text(begin, m.pad + m.cap, title, m.size, color)) if title else first


@dataclass(frozen=True)
class ValueScale:
    """The colours of a value bar, and the values they stand for.

    Attributes
    ----------
    low, high : float
        The values of the first and the last colour.
    unit : str
    colors : tuple of (int, int, int)
        Evenly from low to high.
    name : str
        Of the layer, where there are several.
    """

    low: float
    high: float
    unit: str
    colors: tuple[Color, ...]
    name: str = ""


def most_telling(scales: Sequence[ValueScale], count: int) -> list[ValueScale]:
    """Return so many scales, in their order; those of greys, which windows say as well, go first."""
    order = sorted(range(len(scales)), key=lambda n: all(len(set(color)) == 1 for color in scales[n].colors))
    return [scales[n] for n in sorted(order[:count])]


def layer_scales(labels: Sequence[LayerLabel]) -> list[ValueScale]:
    """Return the scales of the value bars of several layers, the uppermost first.

    Parameters
    ----------
    labels : sequence of LayerLabel
        Of the layers that are shown, the base first.
    """
    return [
        ValueScale(
            *one.look.window.bounds,
            one.unit,
            bar_colors(one.look.window, one.look.colors, inverted=one.inverted),
            one.name,
        )
        for one in reversed(labels)
    ]


def page_value_bar(room: Rect, size: int, scale: ValueScale, around: PageColors) -> DisplayList:
    """List the marks of a value bar in the middle of a strip beside the panes.

    Parameters
    ----------
    room : Rect
        The strip, or the part of it that the bar has.
    size : int
        Of text, in pixels.
    scale : ValueScale
    around : PageColors

    Returns
    -------
    tuple of Mark
        None for a layer of several where the strip is too low for its name, its unit and a bar.
    """
    height = round(min(BAR_HEIGHT * room.height, 24 * size))
    head = foot = 0
    if scale.name:
        head, foot = round(NAMED_HEAD * size), round(NAMED_FOOT * size)
        height = min(height, room.height - head - foot)
        if height < LEAST_HEIGHT * size:
            return ()
    width = max(2, round(0.7 * size))
    line = max(1, round(size / 14))
    left, top = room.left + round(0.9 * size), room.top + head + (room.height - head - foot - height) // 2
    x0, x1, y0, y1 = left - 1, left + width, top - 1, top + height
    border = Path(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), closed=True, width=line, color=around.muted)
    marks: list[Mark] = [Ramp(left, top, width, height, scale.colors), border]
    values, span = ticks(scale.low, scale.high), (scale.high - scale.low) or 1.0  # a window of width 1 is a step
    for value, text in zip(values, tick_texts(values), strict=True):
        y = top + height - 0.5 - (value - scale.low) / span * height
        marks.append(Line(x1 + 1, y, x1 + 0.3 * size, y, line, around.muted))
        marks.append(Text(x1 + 0.6 * size, y + 0.36 * size, text, size))
    wide = room.width - 1.2 * size
    if scale.unit:
        marks.append(Text(left, top - 0.8 * size, fitted(scale.unit, size, wide) if scale.name else scale.unit, size))
    if scale.name:
        above = top - (0.8 + 1.45 * bool(scale.unit)) * size
        marks.append(Text(left, above, fitted(scale.name, size, wide), size))
    return in_foreground(tuple(marks), around)


def in_foreground(marks: DisplayList, around: PageColors) -> DisplayList:
    """Return marks whose texts have the colour of what stands beside the panes."""
    return tuple(
        replace(mark, color=around.foreground, outline=around.outline) if isinstance(mark, Text) else mark
        for mark in marks
    )

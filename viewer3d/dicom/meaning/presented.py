"""Decide how a stack is presented: windows, polarity and graphics of a state, or of its images."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from viewer3d.core.graphics.slice_graphics import (
    GraphicLine,
    GraphicPlane,
    Graphics,
    GraphicText,
    Shutter,
    SliceGraphics,
    slice_affine,
)
from viewer3d.core.notes.note import Note
from viewer3d.core.provenance import OWN
from viewer3d.core.text import printable
from viewer3d.core.window import Window
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import DatasetSource, Source
from viewer3d.dicom.headers.by_pydicom import read_with_pydicom
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.objects.choose_presentation import choose_presentation, presentations_in
from viewer3d.dicom.objects.overlay_planes import OverlayPlane, read_planes, read_shutter, shutter_group
from viewer3d.dicom.objects.presentation import Annotation, PresentationState
from viewer3d.errors import ChoiceError

if TYPE_CHECKING:
    from pydicom import Dataset

    from viewer3d.dicom.read_options import ReadOptions
    from viewer3d.dicom.series.choose import Choice
    from viewer3d.dicom.series.scan import Scan, Series
    from viewer3d.dicom.series.stack import Stack

_MOST_WINDOWS: Final = 8
"""Windows of a presentation state that are offered: one for each image of a series would be no choice."""


@dataclass(frozen=True, eq=False)
class Presented:
    """What was made of a stack.

    Attributes
    ----------
    windows : tuple of Window
        To come before those of the files.
    inverted : bool, optional
        Whether low values are white, where that was said.
    graphics : Graphics, optional
    notes : tuple of Note
    key : str
        What :attr:`viewer3d.core.provenance.Provenance.presentation` holds of it.
    """

    windows: tuple[Window, ...] = ()
    inverted: bool | None = None
    graphics: Graphics | None = None
    notes: tuple[Note, ...] = ()
    key: str = ""


def resolved(found: Scan, choices: Sequence[Choice], options: ReadOptions) -> list[ReadOptions]:
    """Return the options for each stack, with the presentation state that is asked for, read.

    Parameters
    ----------
    found : Scan
    choices : sequence of (Series, Stack)
        Those that it does not refer to are without it, if it refers to another.
    options : ReadOptions

    Raises
    ------
    NotFoundError, ChoiceError, BadFileError
        See :func:`choose_presentation`, and when it refers to none of the images of any.
    """
    wanted = options.presentation
    if wanted is None or wanted == OWN:
        return [options] * len(choices)
    state = choose_presentation(found, wanted, choices[0][0])
    meant = [any(map(state.refers_to, stack.frames)) for _, stack in choices]
    if not any(meant):
        raise ChoiceError(_of_others(found, choices[0][0], state))
    return [replace(options, presentation=state if one else None) for one in meant]


def present(stack: Stack, frames: Sequence[Frame], options: ReadOptions) -> Presented:
    """Return what a presentation state makes of a stack, or what its images have themselves.

    Parameters
    ----------
    stack : Stack
        That was read.
    frames : sequence of Frame
        Its frames, with slopes and windows in the unit of the volume.
    options : ReadOptions
        As :func:`resolved` returns them.
    """
    shown = _shown(stack, frames, options.presentation)
    if shown.graphics is None or stack.layout is None or stack.layout.upright:
        return shown
    sentence = f"The slices are tilted by {stack.layout.lean:.1f} degrees: planes parallel to them show their graphics."
    tilted = Note(sentence, "presentation.tilted", frames=len(frames))
    return replace(shown, notes=(*shown.notes, tilted))


def _shown(stack: Stack, frames: Sequence[Frame], state: object) -> Presented:
    if state is None:
        return Presented()
    assert stack.layout is not None
    gaps = stack.layout.gaps
    reach = float(np.sort(gaps)[len(gaps) // 2] if len(gaps) else stack.layout.step_length) / 2
    headers = _Headers()
    if not isinstance(state, PresentationState):
        return replace(_own(frames, headers, reach), key=OWN)
    meant = [frame for frame in frames if state.refers_to(frame)]
    windows, notes = _windows(meant, state)
    made = _SliceMaker(state, headers)
    slices = [one for frame in meant if (one := made(frame)) is not None]
    graphics = Graphics(tuple(slices), reach, f"presentation state {state.name}") if slices else None
    said = _summary(state, windows, slices, len(frames))
    notes = (said, *notes, *state.notes, *headers.notes, *_text_notes(slices))
    return Presented(windows, state.inverted, graphics, notes, state.digest)


def presentation_notes(found: Scan, series: Series, wanted: object) -> list[Note]:
    """Say that there are presentation states of a series, where none was asked for."""
    listed = presentations_in(found, series) if found.objects and wanted is None else []
    if not listed:
        return []
    labels = ", ".join(printable(one.label) or f"number {one.tags.number}" for one in listed[:3])
    many = len(listed) > 1
    sentence = (
        f"{len(listed)} presentation state{'s' * many} of this series {'are' if many else 'is'} not applied ({labels}"
        f"{' ...' if len(listed) > 3 else ''}): presentation= (--presentation) takes one by its label or number."
    )
    return [Note(sentence, "not_shown.presentations")]


class _Headers:
    # Headers of images by their sources, read by pydicom once each, with what is to be said of them.
    def __init__(self) -> None:
        self._own: dict[Source, tuple[tuple[OverlayPlane, ...], Shutter | None]] = {}
        self._datasets: dict[Source, Dataset] = {}
        self._said: dict[Note, int] = {}

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is to be said, each with how many files it is of."""
        return tuple(
            Note(f"{one}{f' ({times} images)' if times > 1 else ''}", one.id, files=one.files, frames=times)
            for one, times in self._said.items()
        )

    def say(self, note: Note) -> None:
        """Add something to be said."""
        self._said[note] = self._said.get(note, 0) + 1

    def own(self, frame: Frame) -> tuple[tuple[OverlayPlane, ...], Shutter | None]:
        """Return the overlay planes and the shutter of an image."""
        source = frame.stored.source
        if source not in self._own:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # as for all headers: what breaks its VR is absent
                self._own[source] = self._read(frame)
        return self._own[source]

    def _read(self, frame: Frame) -> tuple[tuple[OverlayPlane, ...], Shutter | None]:
        read = read_with_pydicom(frame.stored.source)
        if isinstance(read, RefusedFile):
            sentence = f"{read.name}: {read.reason}: nothing of it is drawn."
            self.say(Note(sentence, "presentation.unreadable", files=[read.name]))
            return (), None
        notes: list[Note] = []
        try:
            planes = read_planes(read[1], notes)
            shutter = read_shutter(read[1], planes, notes)
            bitmap = shutter_group(read[1])
        except Exception as error:  # pydicom decodes values when they are accessed, and raises any kind of error
            why = printable(" ".join(str(error).split()))[:80] or type(error).__name__
            sentence = f"Overlay planes and shutters of {frame.name} cannot be read ({why}): none are drawn."
            self.say(Note(sentence, "presentation.unreadable", files=[frame.name]))
            return (), None
        for note in notes:
            self.say(note)
        return tuple(one for one in planes if one.group != bitmap), shutter

    def plane_on(self, plane: OverlayPlane, frame: Frame) -> GraphicPlane | None:
        """Return an overlay plane of an image on one of its frames; None where there is none."""
        if plane.bit < 0:
            return plane.on_frame(frame.index + 1)
        made = _embedded(plane, frame)
        if isinstance(made, str):
            self.say(Note(f"Overlay plane {plane.group:04X} {made}: it is not drawn.", "not_shown.plane"))
            return None
        return made


def _embedded(plane: OverlayPlane, frame: Frame) -> GraphicPlane | str:
    """Return a plane that is one bit of all pixels (retired in 2004), or why it cannot be had."""
    stored = frame.stored
    size = stored.rows * stored.columns * stored.bits_allocated // 8
    if plane.plane.shape != (stored.rows, stored.columns) or not 0 <= plane.bit < stored.bits_allocated:
        return "lies in the pixels and has another size"
    if stored.bits_allocated not in (8, 16) or (stored.length is None and not isinstance(stored.source, DatasetSource)):
        return "lies in pixels that are compressed"
    if isinstance(stored.source, DatasetSource):
        raw = bytes(stored.source.dataset.get("PixelData") or b"")[frame.index * size :][:size]
    else:
        with stored.source.open() as file:
            file.seek((stored.offset or 0) + frame.index * size)
            raw = file.read(size)
    if len(raw) < size:
        return "lies in pixels that are truncated"
    values = np.frombuffer(raw, f"<u{stored.bits_allocated // 8}")
    return replace(plane.plane, bits=np.packbits((values >> plane.bit & 1).astype(np.uint8), bitorder="little"))


def _own(frames: Sequence[Frame], headers: _Headers, reach: float) -> Presented:
    slices = []
    for frame in frames:
        if frame.not_drawn:
            planes, shutter = headers.own(frame)
            made = [one for plane in planes if (one := headers.plane_on(plane, frame)) is not None]
            if here := _on_slice(frame, made, shutter=shutter):
                slices.append(here)
    if not slices:
        sentence = "The images have no overlay planes or shutters that can be drawn."
        return Presented(
            notes=(
                Note(sentence, "presentation.nothing"),
                *headers.notes,
            )
        )
    sentence = (
        f"Overlay planes and shutters of {len(slices)} of {len(frames)} images are drawn on their slices; they may "
        "hold text that names the patient."
    )
    said = Note(sentence, "presentation.own", frames=len(slices))
    return Presented(graphics=Graphics(tuple(slices), reach, "the images' own"), notes=(said, *headers.notes))


class _SliceMaker:
    # Makes the graphics of slices by a presentation state; what lies the same on many slices is made once.
    def __init__(self, state: PresentationState, headers: _Headers) -> None:
        self._state, self._headers = state, headers
        self._made: dict[object, tuple[tuple[GraphicLine, ...], tuple[GraphicText, ...]]] = {}

    def __call__(self, frame: Frame) -> SliceGraphics | None:
        state = self._state
        lines: list[GraphicLine] = []
        texts: list[GraphicText] = []
        for number, one in enumerate(state.annotations):
            if state.refers_to(frame, one.images):
                own_lines, own_texts = self._placed(number, one, frame)
                lines += own_lines
                texts += own_texts
        planes = [self._colored(one.on_frame(frame.index + 1), one.layer) for one in state.planes]
        if state.activated and frame.not_drawn:
            own = [one for one in self._headers.own(frame)[0] if one.group in state.activated]
            planes += [self._colored(self._headers.plane_on(one, frame), state.activated[one.group]) for one in own]
        drawn = [one for one in planes if one is not None]
        return _on_slice(frame, drawn, lines, texts, state.shutter)

    def _placed(
        self, number: int, one: Annotation, frame: Frame
    ) -> tuple[tuple[GraphicLine, ...], tuple[GraphicText, ...]]:
        place = self._state.place_on(frame)
        key = number, place.begin, place.aspect, *place.origin, *place.right, *place.down
        if key not in self._made:
            lines = tuple(graphic.line(place) for graphic in one.graphics)
            self._made[key] = lines, tuple(caption.text(place) for caption in one.captions)
        return self._made[key]

    def _colored(self, plane: GraphicPlane | None, layer: str) -> GraphicPlane | None:
        color = self._state.layers[layer].color if layer in self._state.layers else None
        return plane if plane is None or color is None else replace(plane, color=color)


def _on_slice(
    frame: Frame,
    planes: Sequence[GraphicPlane],
    lines: Sequence[GraphicLine] = (),
    texts: Sequence[GraphicText] = (),
    shutter: Shutter | None = None,
) -> SliceGraphics | None:
    """Return what is on a slice; None for nothing, and where it is not known where the slice lies."""
    if not (planes or lines or texts or shutter):
        return None
    if frame.position is None or frame.orientation is None or frame.pixel_spacing is None:
        return None
    affine = slice_affine(frame.position, frame.orientation, frame.pixel_spacing)
    if frame.tile:  # of a mosaic: planes and shutters are of the stored image, of which the slice is a part
        left, top = frame.tile.left, frame.tile.top
        planes = [replace(one, origin=(one.origin[0] - left, one.origin[1] - top)) for one in planes]
        shutter = None if shutter is None else moved_shutter(shutter, left, top)
    shape = frame.columns, frame.rows
    return SliceGraphics(affine, shape, tuple(planes), tuple(lines), tuple(texts), shutter)


def moved_shutter(shutter: Shutter, left: int, top: int) -> Shutter:
    """Return a shutter of a stored image on the part of it that begins at a column and row."""
    rectangle, circle = shutter.rectangle, shutter.circle
    if rectangle is not None:
        rectangle = rectangle[0] - left, rectangle[1] - top, rectangle[2] - left, rectangle[3] - top
    if circle is not None:
        circle = circle[0] - left, circle[1] - top, circle[2]
    polygon = None if shutter.polygon is None else shutter.polygon - (left, top)
    plane = shutter.plane
    if plane is not None:
        plane = replace(plane, origin=(plane.origin[0] - left, plane.origin[1] - top))
    return Shutter(rectangle, circle, polygon, plane)


def _windows(frames: Sequence[Frame], state: PresentationState) -> tuple[tuple[Window, ...], tuple[Note, ...]]:
    """Return the windows of a state for a whole volume, that of most images first, and notes on them."""
    own = [state.windows_of(frame) for frame in frames]
    firsts = Counter(windows[0] for windows in own if windows)
    if not firsts:
        if not state.windows:
            return (), ()
        sentence = "Its windows are of values that a line does not lead to from those here: they are left out."
        return (), (Note(sentence, "presentation.windows_left_out"),)
    ranked = [window for window, _ in firsts.most_common()]
    others = [window for windows in own for window in windows[1:]]
    notes = []
    if len(ranked) > 1:
        sentence = f"It has {len(ranked)} windows for its images: that of most of them, {ranked[0]}, is the first."
        notes.append(Note(sentence, "presentation.windows_several", frames=len(frames)))
    if not state.is_rescaled and any(frame.rescaled for frame in frames):
        sentence = "It has no Rescale Slope, so its windows are of stored values (PS3.4 N.2.1)."
        notes.append(Note(sentence, "presentation.windows_stored"))
    return tuple(dict.fromkeys([*ranked, *others]))[:_MOST_WINDOWS], tuple(notes)


def _summary(state: PresentationState, windows: Sequence[Window], slices: Sequence[SliceGraphics], images: int) -> Note:
    counted = {
        "graphic": len({id(line) for one in slices for line in one.lines}),
        "text": len({id(text) for one in slices for text in one.texts}),
        "overlay plane": max((len(one.planes) for one in slices), default=0),
        "shutter": int(any(one.shutter for one in slices)),
    }
    parts = [f"window {windows[0]}"] if windows else []
    parts += ["inverted"] if state.inverted else []
    parts += [f"{count:,} {what}{'s' * (count > 1)}" for what, count in counted.items() if count]
    on = f" on {len(slices)} of {images} images" if slices else ""
    sentence = (
        f"Presentation state {printable(state.name)} is applied: {', '.join(parts) or 'nothing that is drawn'}{on}."
    )
    return Note(sentence, "presentation.applied", frames=len(slices) or None)


def _text_notes(slices: Sequence[SliceGraphics]) -> tuple[Note, ...]:
    if not any(one.texts or one.planes for one in slices):
        return ()
    return (
        Note("Its texts and overlay planes are drawn as they are: they may name the patient.", "presentation.names"),
    )


def _of_others(found: Scan, series: Series, state: PresentationState) -> str:
    known = [str(one) for one in found if one.uid in state.series]
    theirs = f"; it refers to images of {', '.join(known[:3])}: choose that series" if known else ""
    return (
        f"presentation state {printable(state.name)} refers to none of the images of {series}{theirs}"
        f"{'' if known else ', nor of any series here: give that of these images'}"
    )

"""Show a volume in a notebook: HTML with a small picture, without scripts, styles or a server."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape

import numpy as np
from PIL import Image

from viewer3d.core.geometry import letters
from viewer3d.core.notes.note import Note
from viewer3d.core.series_info import MODALITIES
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.render.first_state import first_state
from viewer3d.render.png import encode_png
from viewer3d.render.scene import Scene

_GAP = 1
"""Pixels between the panes, see :func:`viewer3d.render.panes.layout`."""


def volume_html(volume: Volume) -> str:
    """Return a table of what is known of a volume, and a small picture of its middle.

    All text is escaped, and the patient is not named, whether the volume knows who it is or not.
    """
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{cell}</td></tr>" for name, cell in _rows(volume))
    picture = base64.b64encode(thumbnail_png(volume.with_info(identity=()))).decode()
    kind = MODALITIES.get(volume.modality, "")  # another may be any text of a file
    alt = f"Axial, coronal and sagittal {f'{kind} ' if kind else ''}slices through the middle"
    return f'<div><table>{rows}</table><img alt="{alt}" src="data:image/png;base64,{picture}"></div>'


def thumbnail_png(volume: Volume, side: int = 256) -> bytes:
    """Draw axial, coronal and sagittal slices side by side, in the volume's own window.

    Parameters
    ----------
    volume : Volume
    side : int
        Of each pane, in pixels.

    Returns
    -------
    bytes
        A PNG in grey.
    """
    state = first_state(volume, "mpr")
    with Scene(volume, (3 * side + 2 * _GAP, side)) as scene:
        scene.apply(state)
        picture = Image.fromarray(scene.picture).convert("L")  # a third of the bytes, and all is grey but a tint
    return encode_png(np.asarray(picture))


def _rows(volume: Volume) -> list[tuple[str, str]]:
    what = " ".join(part for part in (volume.modality, volume.description) if part)
    low, high = volume.geometry.bounds
    ways = (f"{axis} to {letters(step)}" for axis, step in zip("ijk", volume.affine[:3, :3].T, strict=True))
    window = volume.default_window
    rows = [
        ("volume", _text(what or "values")),
        ("size", f"{_by(volume.shape)} voxels, {_by(volume.spacing)} mm"),
        ("extent", f"{_by(high - low)} mm along L, P and H; {escape(', '.join(ways))}"),
        ("unit", _text(volume.unit) or "none"),
        ("window", escape(f"{window} ({'from the files' if window == volume.window else 'chosen here'})")),
    ]
    if volume.notes:
        rows.append(("notes", "<br>".join(map(_note_html, volume.notes))))
    return rows


def _note_html(note: Note) -> str:
    """Return a note as HTML: its id is told at the pointer, and what is marked is strong."""
    tag = "strong" if note.is_marked else "span"
    return f'<{tag} title="{note.id}">{_text(note)}</{tag}>'


def _text(text: str) -> str:
    return escape(printable(text))


def _by(numbers: Iterable[float]) -> str:
    return " x ".join(f"{number:.4g}" for number in numbers)

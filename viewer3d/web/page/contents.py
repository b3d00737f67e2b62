"""Write what is in a page beside its pictures: the data of its script, its words, and its HTML."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from typing import Any, Final

from viewer3d.app.input.slice_gestures import FORWARD
from viewer3d.core.images.image2d import flat_of
from viewer3d.core.pages.inline import filled_page, source_digest, to_script_json
from viewer3d.core.text import printable
from viewer3d.core.view.planes import PLANES
from viewer3d.recipes.make import SHOT
from viewer3d.recipes.words.english import counted, enumerated, first_upper
from viewer3d.recipes.words.words import recipe_digest, words_of
from viewer3d.recipes.xmp import xmp_packet
from viewer3d.render.marks.display_list import PLANE_COLORS
from viewer3d.render.marks.layer_labels import layer_labels
from viewer3d.render.marks.region_key import KeyEntry, level_entries, region_entries
from viewer3d.render.marks.value_texts import window_texts
from viewer3d.web.page.pictures import MEDIA_TYPE
from viewer3d.web.page.plan import LOSSLESS, Detail
from viewer3d.web.page.standing_page import PanePictures, StandingPage

_ORDINALS: Final = {1: "every", 2: "every 2nd", 3: "every 3rd"}


def page_bytes(page: StandingPage, pictures: PanePictures) -> Iterator[bytes]:
    """Yield the parts of the HTML of a page that was drawn.

    Nothing in it is loaded from anywhere: pictures stand in it as Base64, and its Content-Security-Policy allows its
    own script and style, by their digests, and no other source.
    """
    parts = files("viewer3d.web.page") / "page_files"
    style, script = ((parts / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    policy = (
        f"default-src 'none'; img-src data:; style-src '{source_digest(style)}'; script-src '{source_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    recipe = page.recipe
    words = words_of(recipe)
    values = {
        "POLICY": policy,
        "TITLE": html.escape(words.title),
        "RECIPE": xmp_packet(page.texts),
        "STYLE": style,
        "ABOUT": html.escape(about(page)),
        "WINDOWS": _window_choice(page),
        "PANES": _panes(page, pictures),
        "LEGEND": _legend(page),
        "CAPTION": html.escape(words.caption),
        "HELD": "".join(f"<li>{html.escape(one)}</li>" for one in held(page)),
        "DIGEST": recipe_digest(recipe)[:12],
        "DATA": to_script_json(_data(page)),
        "PICTURES": _blocks(pictures),
        "SCRIPT": script,
    }
    yield from filled_page((parts / "page.html").read_text(encoding="utf-8"), values)


def about(page: StandingPage) -> str:
    """Return what the volume is, in a few words without anything that the files call it."""
    volume = page.volume
    size = " x ".join(f"{side:,}" for side in volume.geometry.shape)
    flat = flat_of(volume)
    kind = printable(volume.modality or "image")
    unit = printable(volume.unit)
    if flat is not None:
        return " · ".join(part for part in (kind, _frames_text(page), unit) if part)
    spacing = " x ".join(f"{mm:.3g}" for mm in volume.geometry.spacing)
    return " · ".join(part for part in (kind, f"{size} voxels of {spacing} mm", unit) if part)


def _frames_text(page: StandingPage) -> str:
    columns, rows, count = page.volume.geometry.shape
    return f"{columns:,} x {rows:,} pixels{f', {count:,} frames' if count > 1 else ''}"


def held(page: StandingPage) -> list[str]:
    """Return sentences on what of the data a page holds, and what is not there."""
    detail = page.detail or Detail()
    told = [_slices_words(page)] if page.panes else []
    how = (
        "every pixel as it was drawn" if detail.quality == LOSSLESS else f"WebP of quality {detail.quality}, not exact"
    )
    told += [f"Slices are pictures, {how}; values cannot be read from them."] if page.panes else []
    if page.turns:
        told.append(f"The turntable is {page.frames} pictures of 3D, {360 / page.frames:g}° from one to the next.")
    if (count := len(page.volumes)) > 1 and flat_of(page.volume) is None:
        number = page.state.layers[0].member + 1
        told.append(f"Volume {number} of the {count} of a set is shown; the others are not in this page.")
    if flat_of(page.volume) is not None:
        told.append("This image lies in no space: there are no other planes, no 3D, and no positions in the patient.")
    elif missing := [name for name in (*PLANES, "3d") if name not in page.state.panes]:
        listed = enumerated(["3D" if name == "3d" else f"{name} slices" for name in missing])
        told.append(f"Not in this page: {listed}.")
    return told


def _slices_words(page: StandingPage) -> str:
    detail = page.detail or Detail()
    noun = "frame" if flat_of(page.volume) is not None else "slice"
    strides = {pane.name: pane.slices.stride(detail) for pane in page.panes}
    by_stride: dict[int, list[str]] = {}
    for name, stride in strides.items():
        by_stride.setdefault(stride, []).append("" if noun == "frame" else name)
    said = []
    for stride in sorted(by_stride):
        ordinal = _ORDINALS.get(stride, f"every {stride}th")
        said.append(" ".join(part for part in (ordinal, enumerated(by_stride[stride]), noun) if part))
    return f"It holds {enumerated(said)}, in {counted(len(page.windows), 'window', in_words=True)}."


def result_line(page: StandingPage, size: int) -> str:
    """Return what is said in a terminal of a page that was written: its size, and what it holds."""
    detail = page.detail or Detail()
    strides = [(pane.name, pane.slices.stride(detail)) for pane in page.panes]
    left = [f"{_ORDINALS.get(stride, f'every {stride}th')} {name}" for name, stride in strides if stride > 1]
    count = sum(len(page.kept(pane)) for pane in page.panes) * len(page.windows) + page.frames * page.turns
    quality = "lossless" if detail.quality == LOSSLESS else f"WebP {detail.quality}"
    slices = f"{enumerated(left)} slice" if left else "all slices"
    parts = [f"{size / 1e6:.1f} MB", f"{count:,} pictures", counted(len(page.windows), "window")]
    return ", ".join([*parts, *([slices, quality] if page.panes else [])])


def _window_text(page: StandingPage, number: int) -> str:
    width, center = window_texts(page.windows[number].window, page.volume.unit)
    return printable(f"{width} {center}")


def _window_choice(page: StandingPage) -> str:
    rows = []
    for number, one in enumerate(page.windows):
        name = _window_name(one.name)
        title = f"<b>{html.escape(name)}</b> " if name else ""
        checked = " checked" if number == 0 else ""
        rows.append(
            f'<label><input type="radio" name="window" value="{number}"{checked}>'
            f"<span>{title}{html.escape(_window_text(page, number))}</span></label>"
        )
    return "".join(rows) if len(rows) > 1 else ""


def _window_name(name: str) -> str:
    """Return what a window is called on its button."""
    own, _, number = name.partition(":")
    if own == "file":
        return f"File's own {number}".strip()
    if name == "saved":
        return "As saved"
    return first_upper(printable(name).replace("-", " ") if name[:1].isalpha() else printable(name))


def _source(content: bytes) -> str:
    return f"data:{MEDIA_TYPE};base64,{base64.b64encode(content).decode()}"


def _alt(page: StandingPage, view: Any) -> str:
    """Return alternative text of a picture, as that of a shot of it has it."""
    recipe = replace(page.recipe, figure=SHOT, arguments={}, state=page.state.with_view(view))
    return words_of(recipe).alt


def _panes(page: StandingPage, pictures: PanePictures) -> str:
    rows = []
    slices = {pane.name: pane for pane in page.panes}
    for name in page.state.panes:
        kept = range(page.frames) if name == "3d" else page.kept(slices[name])
        first = 0 if name == "3d" else kept.index(slices[name].slices.first)
        source, alt = _source(pictures[name][0][first]), html.escape(_alt(page, name))
        title = "3D" if name == "3d" else slices[name].title
        what = "Turn, 3D" if name == "3d" else f"{title} slice" if title != "Frame" else "Frame"
        width, height = page.size
        play = '<button type="button" class="play" aria-pressed="false">Play</button>' if name == "3d" else ""
        large = (
            f'<button type="button" class="large" aria-pressed="false" aria-label="Enlarge {title}">Enlarge</button>'
        )
        rows.append(
            f'<figure class="pane" id="{name}">'
            f'<div class="picture"><img alt="{alt}" src="{source}" width="{width}" height="{height}" draggable="false">'
            f'</div><div class="row"><input type="range" min="0" max="{len(kept) - 1}" value="{first}" step="1" '
            f'aria-label="{html.escape(what)}"{" disabled" if len(kept) < 2 else ""}>'
            f'<output aria-live="off"></output>{play}{large}</div></figure>'
        )
    return "\n".join(rows)


def _legend(page: StandingPage) -> str:
    labels = layer_labels(page.placed.layers, page.state, marks_active=False)
    entries = (*level_entries(labels), *region_entries(page.placed.regions, page.state.regions))
    return "".join(map(_legend_row, entries))


def _legend_row(entry: KeyEntry) -> str:
    name = html.escape(printable(entry.name))
    if entry.color is None:
        return f'<li class="head">{name}</li>'
    color = "#{:02x}{:02x}{:02x}".format(*entry.color)
    return (
        f'<li><svg width="14" height="14" aria-hidden="true"><rect x="1" y="1" width="12" height="12" rx="2" '
        f'fill="{color}" fill-opacity="{max(entry.fill, 0.15):.2g}" stroke="{color}" stroke-width="2"/></svg>'
        f"{name}</li>"
    )


def _data(page: StandingPage) -> dict[str, Any]:
    """Return what the script needs."""
    panes: list[dict[str, Any]] = []
    is_flat = flat_of(page.volume) is not None
    for pane in page.panes:
        kept = page.kept(pane)
        labels = [pane.labels(number) for number in kept]
        panes.append(
            {
                "id": pane.name,
                "title": pane.title,
                "forward": 1 if is_flat else FORWARD[pane.name],
                "at": [round(pane.positions[number], 4) for number in kept],
                "images": [image for image, _ in labels],
                "places": [place for _, place in labels],
                "cuts": {} if is_flat else pane.cuts(),
                "count": pane.slices.count,
            }
        )
    if page.turns:
        panes.append({"id": "3d", "title": "3D", "turn": 360 / page.frames})
    normals = {name: list(page.state.plane(name).normal) for name in PLANES}
    colors = {name: "#{:02x}{:02x}{:02x}".format(*color) for name, color in PLANE_COLORS.items()}
    windows = [_window_text(page, number) for number in range(len(page.windows))]
    return {
        "panes": panes,
        "normals": normals,
        "cursor": list(page.state.cursor),
        "colors": colors,
        "windows": windows,
        "type": MEDIA_TYPE,
        "flat": is_flat,
    }


def _blocks(pictures: PanePictures) -> Iterator[str]:
    """Yield the pictures, a block of each pane and window, a line each, which the script shows."""
    for name, windows in pictures.items():
        for number, window in enumerate(windows):
            yield f'<script type="text/plain" id="{name}-{number}">'
            for content in window:
                yield f"{base64.b64encode(content).decode()}\n"
            yield "</script>\n"

"""Write an explanation as text, with the digits that it takes to compute the colour again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Final

from viewer3d.core.text import printable
from viewer3d.core.view.own_looks import short_name
from viewer3d.core.view.planes import PLANES
from viewer3d.core.window import Window
from viewer3d.explanations.values import Cover, Explanation, LayerShare, RaySample, Sample, StoredValue, VoxelShare

MOST_TOLD: Final = 12
"""Samples of a mean that are told voxel by voxel; of all others the value alone."""


def plain(value: object) -> dict[str, object]:
    """Return a frozen value as a dict of plain values, for JSON."""
    found = _plain(value)
    assert isinstance(found, dict)
    return found


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def digits(value: float | None) -> str:
    """Return a number with all digits that tell it from others; "none" of None."""
    if value is None:
        return "none"
    return f"{int(value)}" if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def mm_text(point: Sequence[float], digits: int = 4) -> str:
    """Return the coordinates of a point, in mm."""
    return " ".join(f"{mm:.{digits}f}".replace("-0." + "0" * digits, "0." + "0" * digits) for mm in point)


def explanation_text(one: Explanation) -> str:
    """Return an explanation in lines, as ``viewer3d why`` prints it."""
    return "\n".join(printable(line) for line in _lines(one))


def _lines(one: Explanation) -> Iterator[str]:
    place = one.place
    yield _headline(one)
    if place.plane in PLANES:
        where = f"pixel {place.pixel[0]:g},{place.pixel[1]:g} of it" if place.pane != "a point" else "a point"
        yield (f"place   {place.plane}, {where}, at {mm_text(place.world)} mm (LPS), across {mm_text(place.normal)}")
    for layer in one.layers:
        yield ""
        yield from _layer_lines(layer)
    for one_sample in one.ray:
        yield ray_text(one_sample)
    yield ""
    with_all = "" if one.place.plane not in PLANES else f"; with all layers {rgb_text(one.values)}"
    yield f"ground  {rgb_text(one.ground)}{with_all}"
    for cover in one.covers:
        yield cover_text(cover)
    yield f"colour  {rgb_text(one.color)}" + _compared(one)
    for note in one.notes:
        yield f"note    {note}"


def ray_text(one: RaySample) -> str:
    """Return a sample of a ray: where it is, what it is, and how much light comes from it."""
    return (
        f"  ray   {one.distance:.4f} mm from the eye, at {mm_text(one.world)} mm: {digits(one.value)}, "
        f"{rgb_text(one.color)} before light, opacity {one.opacity:.6f}, {100 * one.light:.3f} % of the light"
    )


def _compared(one: Explanation) -> str:
    if one.picture is None:
        return ""
    same = "as in the picture" if one.picture == one.color else f"the picture has {rgb_text(one.picture)}"
    return f", {same}"


def _headline(one: Explanation) -> str:
    drawn = [layer for layer in one.layers if layer.opacity > 0]
    if one.covers and one.covers[-1].what == "mark":
        return f"{one.place.pane}: {rgb_text(one.color)}, a mark covers the values here: {one.covers[-1].name}"
    if one.ray:
        most = max(one.ray, key=lambda sample: sample.light)
        where = f"a value of {digits(round(most.value, 6))} at {mm_text(most.world)} mm"
        return f"{one.place.pane}: {rgb_text(one.color)}, most of its light comes from {where}"
    if not drawn:
        return f"{one.place.pane}: {rgb_text(one.color)}, nothing of a layer is drawn here"
    values = ", ".join(f"{layer.name} {digits(layer.value)} {layer.unit}".rstrip() for layer in reversed(drawn))
    return f"{one.place.pane}: {rgb_text(one.color)}, because of {values}"


def rgb_text(color: Sequence[float]) -> str:
    """Return a colour in words: one grey, or red, green and blue."""
    if len(set(color)) == 1:
        return f"grey {digits(color[0])}"
    return "RGB " + " ".join(digits(one) for one in color)


def cover_text(cover: Cover) -> str:
    """Return what is drawn over a pixel, with its colour and opacity."""
    color = "" if cover.color is None else f" in {rgb_text(cover.color)}"
    return f"over    {cover.what} {cover.name}{color}, opacity {digits(cover.opacity)}: {rgb_text(cover.left)}"


def _layer_lines(layer: LayerShare) -> Iterator[str]:
    yield f"layer   {layer.name}, {layer.dtype}, {layer.unit or 'no unit'}" + (
        f" ({layer.why_unit})" if layer.why_unit else ""
    )
    yield from _file_lines(layer)
    if layer.slab == "plane":
        for sample in layer.samples:
            yield from _sample_lines(sample, layer)
    elif layer.samples:
        yield from _slab_lines(layer)
    yield f"value   {digits(layer.value)} {layer.unit}".rstrip() + (
        " (rounded to a whole number)"
        if layer.dtype == "int16" and layer.interpolation == "linear" and layer.slab != "ray"
        else ""
    )
    for note in layer.notes:
        yield f"note    {note}"
    if layer.grey is not None and layer.window is not None:
        yield f"window  {window_text(layer.window)}"
        yield f"grey    {layer.grey} of 255{', inverted' if layer.inverted else ''}"
    if layer.color is not None:
        if layer.colors != "grey":
            yield f"colours {short_name(layer.colors)}: {rgb_text(layer.color)}"
        if layer.opacity != 1 and layer.slab != "ray":
            yield f"blend   opacity {digits(layer.opacity)}: {rgb_text(layer.left)}, rounded after the last layer"
    if layer.why_unseen:
        yield f"unseen  {layer.why_unseen}"


def window_text(window: Window) -> str:
    """Return a window with its formula, as it is computed."""
    c, w = digits(window.center), digits(window.width)
    if window.function == "LINEAR":
        how = f"((value - ({c} - 0.5)) / ({w} - 1) + 0.5) * 255"
    elif window.function == "LINEAR_EXACT":
        how = f"((value - {c}) / {w} + 0.5) * 255"
    elif window.function == "SIGMOID":
        how = f"255 / (1 + exp(-4 * (value - {c}) / {w}))"
    else:
        how = f"a table of {len(window.table)} steps from {digits(window.table[0][0])} to {digits(window.table[-1][0])}"
    return f"{c}/{w} {window.function}: {how}, from 0 to 255 and rounded"


def _slab_lines(layer: LayerShare) -> Iterator[str]:
    if layer.slab == "mean":
        total = digits(sum(sample.weight for sample in layer.samples))
        yield (
            f"slab    {digits(layer.thickness)} mm, the mean of {len(layer.samples)} of {layer.count} planes that are "
            f"in the volume; weights add up to {total}"
        )
        shown = layer.samples if len(layer.samples) <= MOST_TOLD else ()
        for sample in layer.samples:
            yield (
                f"  plane {sample.offset:+.6f} mm: {digits(sample.value)} {layer.unit}, weight {digits(sample.weight)}"
            )
            if sample in shown:
                yield from _voxel_lines(sample, layer.unit)
        return
    extreme = layer.samples[0]
    if layer.slab == "ray":
        yield (
            f"ray     {layer.thickness:.6g} mm in the volume, {layer.count} samples: the highest lies "
            f"{extreme.offset:.4f} mm from the eye, at {mm_text(extreme.world)} mm"
        )
        yield from _sample_lines(extreme, layer)
        return
    yield (
        f"slab    {digits(layer.thickness)} mm, the {layer.slab} of {layer.count} planes: it lies "
        f"{extreme.offset:+.6f} mm from the middle, at {mm_text(extreme.world)} mm"
    )
    yield from _sample_lines(extreme, layer)


def _sample_lines(sample: Sample, layer: LayerShare) -> Iterator[str]:
    index = " ".join(f"{one:.6f}" for one in sample.index)
    yield f"index   {index} (column, row, slice), {layer.interpolation}"
    yield from _voxel_lines(sample, layer.unit)


def _voxel_lines(sample: Sample, unit: str) -> Iterator[str]:
    for voxel in sample.voxels:
        yield voxel_text(voxel, unit)
        for one in voxel.stored:
            yield stored_text(one, is_alone=len(voxel.stored) == 1)


def voxel_text(voxel: VoxelShare, unit: str) -> str:
    """Return a voxel with its weight, place and value."""
    filled = "" if voxel.is_measured else ", filled in: nothing was measured here"
    place = " ".join(map(str, voxel.index))
    return (
        f"  voxel {place} at {mm_text(voxel.world)} mm, weight {digits(voxel.weight)}: {digits(voxel.value)} {unit}"
    ).rstrip() + filled


def stored_text(one: StoredValue, *, is_alone: bool) -> str:
    """Return what a file stores, and the value that comes of it."""
    share = "" if is_alone else f"share {digits(one.weight)} of "
    word = f"{one.bits}, which is " if one.bits else ""
    entry = "" if one.table is None else f", in the table {digits(one.table)}"
    value = "" if is_alone else f": {digits(one.value)}"
    return (
        f"    {share}{one.file} frame {one.frame}, column {one.column}, row {one.row}: {word}{digits(one.stored)}"
        f"{entry}{value}"
    )


def _file_lines(layer: LayerShare) -> Iterator[str]:
    """Yield of each series how it stores values and what becomes of them, each once."""
    stored = [one for sample in layer.samples for voxel in sample.voxels for one in voxel.stored]
    yield from dict.fromkeys(f"files   {one.series}: {one.encoding}; {_formula_of(one, layer.unit)}" for one in stored)


def _formula_of(one: StoredValue, unit: str) -> str:
    by = f" ({', '.join(one.scaled_by)})" if one.scaled_by else ""
    if one.table is not None:
        how = "through the Modality LUT (0028,3000)"
    elif (one.slope, one.intercept) == (1, 0):
        how = f"value = stored{by}"
    else:
        how = f"value = stored * {digits(one.slope)} {_signed(one.intercept)}{by}"
    if (one.factor, one.offset) != (1, 0):
        how += f", then * {digits(one.factor)} {_signed(one.offset)} to {unit}"
    return how


def _signed(value: float) -> str:
    return f"- {digits(-value)}" if value < 0 else f"+ {digits(value)}"

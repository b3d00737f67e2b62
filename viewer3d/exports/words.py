"""Write the comparison of two exports as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from viewer3d.exports.values import ExportComparison, VolumeComparison, VoxelPair

_TOPIC: Final = 13
"""Letters of the first column."""

_MOST: Final = 20
"""Lines of what one export alone has, or was not compared; of more it is said how many."""


def comparison_text(found: ExportComparison) -> str:
    """Return a comparison of two exports: a paragraph a volume, and the verdict last."""
    lines: list[str] = []
    for one in found.volumes:
        lines += _volume_lines(one)
    groups = (
        (f"only in {found.before}", found.only_before),
        (f"only in {found.after}", found.only_after),
        ("not compared", found.not_compared),
        ("cannot be read", found.unreadable),
    )
    for title, names in groups:
        lines += [f"{title}: {name}" for name in names[:_MOST]]
        lines += [f"{title}: {len(names) - _MOST} more"] if len(names) > _MOST else []
    return "\n".join([*lines, _last_line(found)])


def _last_line(found: ExportComparison) -> str:
    if len(found.volumes) == 1 and not (found.only_before or found.only_after or found.unreadable):
        return found.volumes[0].line
    both, unreadable = len(found.volumes), len(found.unreadable)
    if found.verdict == "same in every voxel and place":
        but = f", but {unreadable} cannot be read" if unreadable else ""
        return f"{found.verdict} ({both} volume{'s' * (both != 1)}){but}"
    counts = dict.fromkeys(("same in every voxel and place", "same voxels, other places", "other values"), 0)
    for one in found.volumes:
        counts[one.verdict] += 1
    parts = [f"{count} {verdict}" for verdict, count in counts.items() if count]
    parts += [f"{len(found.only_before)} only in the first"] if found.only_before else []
    parts += [f"{len(found.only_after)} only in the second"] if found.only_after else []
    parts += [f"{unreadable} cannot be read"] if unreadable else []
    return f"{found.verdict}: {'; '.join(parts if both else ['no volume is in both', *parts])}"


def _volume_lines(one: VolumeComparison) -> Iterator[str]:
    named = one.before if one.before == one.after else f"{one.before} against {one.after}"
    yield f"{named}: {one.line}"
    rows = [("matched by", one.matched_by), ("files", _pair_text(*map(str, one.files)))]
    rows.append(("voxels", _voxels_text(one)))
    rows += [("first", _place_text(one, one.first))] if one.first is not None else []
    rows += [("largest", _place_text(one, one.largest))] if one.largest is not None else []
    rows.append(("places", str(one.places)))
    rows += [("order", one.order)] if one.order else []
    rows += [("header", str(each)) for each in one.headers]
    rows += [("acquisition", str(each.note)) for each in one.acquisition]
    yield from (f"  {topic:{_TOPIC}}{text}" for topic, text in rows)


def _pair_text(before: str, after: str) -> str:
    return before if before == after else f"{before} against {after}"


def _voxels_text(one: VolumeComparison) -> str:
    found, unit = one.voxels, one.units[0]
    text = f"{found.compared:,} compared, "
    if not found.differing:
        text += "all equal"
    elif found.most != found.most:
        text += f"{found.differing:,} differ, some because one of two has no value"
    else:
        most, mean = (f"{value:.6g}{f' {unit}' if unit else ''}" for value in (found.most, found.mean))
        text += f"{found.differing:,} differ, by {most} at most and {mean} on average"
    return text + (f" ({found.rounded:,} to the rounding of float32)" if found.rounded else "")


def _place_text(one: VolumeComparison, pair: VoxelPair) -> str:
    units = [f" {unit}" if unit else "" for unit in one.units]
    at = ", ".join(f"{mm:.2f}" for mm in pair.world)
    files = " against ".join(name for name in (pair.before_file, pair.after_file) if name)
    text = f"{pair.before:.6g}{units[0]} against {pair.after:.6g}{units[1]} at {at} mm (LPS)"
    return f"{text}; {files}" if files else text

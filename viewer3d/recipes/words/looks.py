"""What layers and regions are and how they look: modality, window, colours, opacity, lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from viewer3d.core.series_info import MODALITIES
from viewer3d.core.view.own_looks import is_in_full
from viewer3d.core.window import Window, window_rows
from viewer3d.recipes.words.english import counted, enumerated, hundredths, in_digits, preset_name, some, window_names

if TYPE_CHECKING:
    from viewer3d.core.view.look import ImageLook, RegionLook
    from viewer3d.recipes.data_record import OverlayRecord, RegionsRecord, VolumeRecord

UNITS: Final = frozenset(
    {
        *("HU", "SUVbw", "SUVlbm", "SUVbsa", "SUVibw", "Bq/ml", "kBq/ml", "counts", "counts/s", "g/ml", "cm2/ml"),
        *("proportional to counts", "proportional to counts/s", "relative", "%", "Gy", "cGy", "mm", "s", "ms", "1/s"),
        *("mm2/s", "um2/s", "1/min", "ml/100g/min", "ml/100ml/min", "ml/100ml", "ml/100g", "ppm", "Hz", "rad", "mT"),
        *("10-6 mm2/s", "mg/ml", "mm/s", "cm/s", "m/s", "degree"),
    }
)
"""Units that words tell; another may be any text that stood in a file."""

_OF_UNITS: Final = {"HU": "CT-number image", "Gy": "dose", "SUVbw": "PET", "Bq/ml": "PET"}
"""What values in a unit are, where a recipe has no modality, as those from before it had one."""

_BLENDS: Final = {"maximum": "MIP", "minimum": "MinIP", "mean": "mean"}

_SHAPES: Final = {"SIGMOID": "sigmoid ", "TABLE": "tabulated "}


def kind_words(record: VolumeRecord) -> str:
    """Return what a volume is: its modality, or what its unit tells."""
    return MODALITIES.get(record.modality) or _OF_UNITS.get(record.unit, "image")


def unit_words(unit: str) -> str:
    """Return a unit with a space before it; empty of none, and of one that may be any text."""
    return f" {unit}" if unit in UNITS else ""


def window_words(window: Window, unit: str) -> str:
    """Return a window by its name and numbers: ``"soft-tissue window 40/400 HU"``.

    Parameters
    ----------
    window : Window
    unit : str
        Of the values.
    """
    known = window_names() if unit == "HU" and window.function == "LINEAR" else {}
    name = f"{known[key]} " if (key := (window.center, window.width)) in known else ""
    if window.function == "LINEAR":
        return f"{name}window {in_digits(window.center)}/{in_digits(window.width)}{unit_words(unit)}"
    low, high = (in_digits(end) for end in window.bounds)
    return f"{_SHAPES.get(window.function, '')}window from {low} to {high}{unit_words(unit)}"


def asked_window_words(given: Any, unit: str) -> str:
    """Return a window that was given to a figure: a name, numbers, or its fields by name."""
    rows = window_rows()
    if isinstance(given, str):
        name = given.strip().lower().replace("_", "-").replace(" ", "-")
        if (row := rows.get(name)) is not None:
            return f"{row.name} window" if row.scale != "HU" else window_words(row.window, unit)
        center, slash, width = given.partition("/")
        try:
            return window_words(Window(float(center), float(width)), unit) if slash else "window of its own"
        except ValueError:
            return "window of its own"
    try:
        if isinstance(given, dict):
            table = tuple((float(one), int(grey)) for one, grey in given.get("table", ()))
            return window_words(Window(given["center"], given["width"], given["function"], table), unit)
        return window_words(Window(float(given[0]), float(given[1])), unit)
    except (KeyError, IndexError, TypeError, ValueError):
        return "window of its own"


def look_words(look: ImageLook, unit: str) -> list[str]:
    """Return how slices of a layer look: window, colours, inversion."""
    colors = preset_name(look.colors, "colors")
    told = [window_words(look.window, unit)]
    told += [f"{colors} colours"] if colors and colors != "grey" else []
    told += ["colours of its own"] if is_in_full(look.colors) else []
    return told + (["inverted"] if look.inverted else [])


def slab_words(thickness: float, blend: str) -> str:
    """Return a slab: ``"3 mm MIP"``; empty where slices are planes."""
    return f"{in_digits(thickness)} mm {_BLENDS.get(blend, 'slab')}" if thickness > 0 else ""


def overlay_words(overlay: OverlayRecord, look: ImageLook | None) -> str:
    """Return what an overlay with values is and how slices show it; empty where it is hidden.

    Parameters
    ----------
    overlay : OverlayRecord
    look : ImageLook, optional
        None where the recipe does not say how it looks.
    """
    record = overlay.volumes[0]
    if look is None:
        return f"{kind_words(record)} over it"
    if not look.shown:
        return ""
    told = look_words(look, record.unit) if look.opacity else []
    if look.opacity:
        told.append(f"{in_digits(100 * look.opacity)} % opaque")
        told += [f"transparent at the low end ({in_digits(100 * look.ramp)} % of the window)"] if look.ramp else []
    told += (
        [f"lines at {_levels(look, record.unit)}{'' if look.level_base else unit_words(record.unit)}"]
        if look.levels
        else []
    )
    if len(overlay.volumes) > 1:
        told.append(member_words(look.member, len(overlay.volumes)))
    how = {"checkerboard": "in a checkerboard with it", "split": "beside it at a split line"}.get(look.blend, "over it")
    return f"{kind_words(record)} {how} ({', '.join(told)})" if told else ""


def _levels(look: ImageLook, unit: str) -> str:
    if not look.level_base:
        return some([in_digits(one) for one in look.levels])
    of = look.level_base_name if look.level_base_name in ("prescription", "maximum") else "a reference"
    shares = some([in_digits(100 * one / look.level_base) for one in look.levels])
    return f"{shares} % of {of} ({in_digits(look.level_base)}{unit_words(unit)})"


def member_words(member: int, count: int) -> str:
    """Return which volume of a 4-D set is seen, counted from one."""
    return f"volume {member + 1} of {count}"


def regions_words(record: RegionsRecord, look: RegionLook | None) -> str:
    """Return what regions are and how slices show them; empty where they are hidden."""
    whole = counted(len(record.colors), _PARTS[record.kind])
    if look is None:
        return f"{record.kind} with {whole}"
    seen = [one for one in record.colors if look.sees(one)]
    if not seen or not look.opacity or not (look.outline or look.fill):
        return ""
    count = whole if len(seen) == len(record.colors) else f"{len(seen)} of {whole}"
    how = ["outlined"] if look.outline else []
    how += [f"filled ({in_digits(100 * look.fill)} %)"] if look.fill else []
    how += [f"{in_digits(100 * look.opacity)} % opaque"] if look.opacity < 1 else []
    return f"{record.kind} with {count}, {enumerated(how)}"


_PARTS: Final = {"segmentation": "segment", "structure set": "structure", "mesh": "part"}


def grid_words(record: VolumeRecord) -> str:
    """Return the grid of a volume: how many voxels of which size."""
    shape = " x ".join(str(one) for one in record.shape)
    if record.image:
        columns, rows, count = record.shape
        across, down = (hundredths(float(one)) for one in record.geometry.spacing[:2])
        size = f" of {across} x {down} mm" if record.image.startswith("mm") else ""
        return f"{counted(count, 'frame')} of {columns} x {rows} pixels{size}"
    spacing = " x ".join(hundredths(float(one)) for one in record.geometry.spacing)
    return f"{shape} voxels of {spacing} mm"

"""Decide what opens how by ``presets/opening.toml``: in which view, over which other series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from viewer3d.core.images.image2d import flat_of
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.progress import Progress
from viewer3d.core.view.planes import PLANES, View
from viewer3d.core.volume import Volume
from viewer3d.dicom.series.catalog import CatalogEntry, CatalogObject
from viewer3d.errors import Viewer3DError
from viewer3d.settings.opening import opening_rules, rule_for
from viewer3d.settings.read import settings_or_built_in
from viewer3d.settings.values import OpeningRule


def opening_view(volumes: Sequence[Volume], entry: CatalogEntry | CatalogObject | None = None) -> View:
    """Return the view that a series opens in where none is asked for.

    Parameters
    ----------
    volumes : sequence of Volume
        Of the series.
    entry : CatalogEntry, optional
        Its row in the catalog of a folder, which knows whether others are planned on it.
    """
    volume = volumes[0]
    if flat_of(volume) is not None:  # images that lie in no space have one pane, whatever is asked for
        return "axial"
    is_localizer = isinstance(entry, CatalogEntry) and entry.is_localizer
    rules = opening_rules(settings_or_built_in()[0])
    is_single = min(volume.geometry.shape) == 1 and len(volumes) == 1
    view = rule_for(rules, volume.modality, is_single=is_single, is_localizer=is_localizer).view
    return plane_of_images(volume) if view == "single" else cast(View, view)


def plane_of_images(volume: Volume) -> View:
    """Return the plane that lies nearest to the one that a volume's images were taken in."""
    normal = volume.geometry.direction[:, 2]
    return max(PLANES.values(), key=lambda plane: abs(float(np.dot(plane.normal, normal)))).name


def row_below(rows: Sequence[CatalogEntry | CatalogObject], entry: int, shown: int = -1) -> int | None:
    """Return the row of the series that another one opens over; None where it opens alone.

    Parameters
    ----------
    rows : sequence of CatalogEntry or CatalogObject
        Of the catalog of a folder.
    entry : int
        The row that was chosen.
    shown : int
        The row that is shown, which is taken where it is one of those that it may lie over; else the one with the most
        slices is, of the same frame of reference.
    """
    row = rows[entry]
    rule = _rule_of(row)
    if not isinstance(row, CatalogEntry) or not rule.over or not row.frame_of_reference:
        return None
    found = [
        n
        for n, one in enumerate(rows)
        if isinstance(one, CatalogEntry)
        and (one.modality, one.frame_of_reference) == (rule.over, row.frame_of_reference)
        and one.slices > 1
        and not one.is_localizer
        and n != entry
    ]
    return shown if shown in found else max(found, key=lambda n: _slices(rows[n]), default=None)


def load_fused(
    below: CatalogEntry | CatalogObject, over: CatalogEntry | CatalogObject, progress: Progress
) -> tuple[Sequence[Volume], tuple[Layer, ...], str]:
    """Load a series and the one that opens over it.

    Returns
    -------
    volumes : sequence of Volume
        Of the series that lies below; of the other one where that cannot be laid over it.
    overlays : tuple of Layer
        None then.
    note : str
        What lies over what, or why it does not.
    """
    assert isinstance(over, CatalogEntry)
    assert isinstance(below, CatalogEntry)
    upper = over.load(progress)
    try:
        lower = below.load(progress)
        layer = Layer(upper)
        place_layers(lower, [layer])  # refused here, where it can be shown alone
    except Viewer3DError as error:
        return upper, (), f"{spoken(over)} alone, not over its {spoken(below)}: {error}"
    return lower, (layer,), fused_note(below, over)


def fused_note(below: CatalogEntry | CatalogObject, over: CatalogEntry | CatalogObject) -> str:
    """Return what the window says of a series that opened over another."""
    return f"{spoken(over)} over its {spoken(below)}: Space hides it"


def spoken(row: CatalogEntry | CatalogObject) -> str:
    """Return the modality of a series as one says it: PET, and not PT."""
    assert isinstance(row, CatalogEntry)  # what lies over another by the table is a series, and so is that
    return {"PT": "PET", "NM": "SPECT"}.get(row.modality, row.modality)


def _rule_of(row: CatalogEntry | CatalogObject) -> OpeningRule:
    if not isinstance(row, CatalogEntry):
        return OpeningRule()
    rules = opening_rules(settings_or_built_in()[0])
    return rule_for(rules, row.modality, is_single=row.slices == 1 or row.is_image, is_localizer=row.is_localizer)


def _slices(row: CatalogEntry | CatalogObject) -> int:
    return row.slices if isinstance(row, CatalogEntry) else 0

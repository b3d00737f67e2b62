"""Headers of real series, where ``../shared/data`` is beside the project: damaged as those of the phantom are."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.campaign.headers import damaged_series
from tests.campaign.outcomes import Outcome
from tests.campaign.rooms import Room

DATA = Path(__file__).parents[3] / "shared" / "data"
FILES = 12
"""Of a series, from its middle: neighbours, so that a series stays one."""

SERIES = (
    "ct_head_64_slicer", "ct_seg_liver", "mr_phase_slope2", "mr_4d_ge", "mr_enh_philips", "ct_enh_2frame",
    "pet_ac_bqml",
)  # fmt: skip
SINGLE = (
    "CT_small", "MR_small_RLE", "MR_small_bigendian", "MR_small_implicit", "MR_small_jp2klossless", "JPGExtended",
    "MR_small_jpeg_ls_lossless", "bad_sequence", "emri_small", "image_dfl", "mlut_18", "no_meta",
    "parametric_map_float", "rtdose",
)  # fmt: skip


def case(room: Room) -> tuple[Outcome, str]:
    """Damage some files of a real series, and load it."""
    room.source = room.chance.choice((*SERIES, *SINGLE))
    source = DATA / room.source if room.source in SERIES else DATA / "single" / f"{room.source}.dcm"
    return damaged_series(room, room.series(f"real {room.source}", lambda place: copy(source, place)))


def copy(source: Path, place: Path) -> None:
    """Copy a file, or some of a folder."""
    paths = sorted(source.iterdir()) if source.is_dir() else [source]
    start = max(0, (len(paths) - FILES) // 2)
    for path in paths[start : start + FILES]:
        shutil.copyfile(path, place / path.name)

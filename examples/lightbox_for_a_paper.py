"""Many slices on a page for a journal: ``python lightbox_for_a_paper.py [PATH] [OUT.png]``.

On white, in the width of two columns, lettered A, B, C, with a scout and a value bar; a PDF of the same name is written
beside it.
"""

import sys
from pathlib import Path

import viewer3d
from viewer3d import figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "lightbox_for_a_paper.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
page = figures.lightbox(
    volume, n=11, window="soft-tissue", width=180, dpi=140, background="white", panel_letters=True, value_bar=True
)
for suffix in (Path(out).suffix, ".pdf"):
    page.save(Path(out).with_suffix(suffix))

"""A head in 3D without its face: ``python hidden_face.py [PATH] [OUT.webp]``.

All in front of a smooth surface behind the skin is cut away, so that nobody is recognised by eyes, nose, lips or chin.
Ears stay, and slices, and all of the data: it protects a picture, and de-identifies nothing. A volume in which no face
is found is refused, for it might show one.
"""

import sys
from pathlib import Path

from PIL import Image

import viewer3d
from viewer3d import figures, phantom
from viewer3d.errors import ViewError

path = Path(sys.argv[1]) if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "hidden_face.webp"
head, torso = phantom.head(), phantom.volume(shape=(60, 50, 40))
if path is not None and path.is_file():
    head = viewer3d.load(path)
figure = figures.directions(head, "L", "ct-skin", face_hidden=True, size=(150, 150))
Image.fromarray(figure.pixels).save(out, quality=10, method=6)  # small, for a page; figure.save(out) has its recipe
for note in viewer3d.surface(head, -300, reduction=0.9).notes:
    if note.id.startswith("face"):
        print(f"{note.id}: {note}")
try:
    viewer3d.screenshot(torso, view="3d", face_hidden=True)
except ViewError as error:
    print(error)

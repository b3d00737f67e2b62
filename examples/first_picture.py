"""From a folder of DICOM files to a picture: ``python first_picture.py [PATH] [OUT.png]``.

Without a path it draws the built-in example.
"""

import sys

import viewer3d

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "first_picture.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
print(volume)
for note in volume.notes:  # whatever was irregular, and what was done about it
    print("note:", note)

viewer3d.screenshot(volume, out, view="quad")

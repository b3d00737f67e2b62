"""Words for a figure, and the line that makes it again: ``python words_for_a_paper.py [PATH] [OUT.png]``.

A caption, sentences for the methods section and alternative text are made of the figure's recipe, and its file carries
them: who cannot see it is told what it shows, and who reads of it can make it again.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import viewer3d
from viewer3d import figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "words_for_a_paper.png"
with tempfile.TemporaryDirectory() as scratch:
    if path is None:
        path = Path(scratch, "files")
        viewer3d.phantom.write(path)
    figure = figures.plane(path, window="soft tissue", slab=6, size=(130, 100))
    print(figure.caption())
    print(figure.methods())
    figure.save(out)
asked = [sys.executable, "-m", "viewer3d", "recipe", out, "--line"]
print(subprocess.run(asked, capture_output=True, text=True, check=True).stdout, end="")

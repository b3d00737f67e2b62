"""Surfaces of triangles as files: STL, PLY, OBJ, GLB and VTP, in and out."""

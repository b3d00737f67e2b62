"""Two exports of one study held against each other: series by series, voxel by voxel, place by place."""

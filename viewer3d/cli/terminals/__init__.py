"""Pictures drawn in a terminal: what it can show, how that is written, and slices stepped through."""

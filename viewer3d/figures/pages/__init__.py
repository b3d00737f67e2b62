"""A figure as a page, and the files of pages: PDF and SVG."""

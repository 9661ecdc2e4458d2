"""An output folder: a file for each object, written as a whole."""

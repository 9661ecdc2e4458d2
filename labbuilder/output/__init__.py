"""Manifests to text and files: YAML, JSON, a folder; and copies without secrets' values."""

from labbuilder.output.files import to_files
from labbuilder.output.masking import redact
from labbuilder.output.text import LIST_END, LIST_START, to_json, to_line, to_yaml

__all__ = ["LIST_END", "LIST_START", "redact", "to_files", "to_json", "to_line", "to_yaml"]

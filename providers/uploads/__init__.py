"""Reads providers' consent files, CSV or XLSX, into validated rows."""

from providers.uploads.date_forms import detect_form
from providers.uploads.file_rows import Chunk, read
from providers.uploads.files.row_refusals import BadFile, RefusalFile, RowRefusal
from providers.uploads.row_verdicts import Row, warning

__all__ = ["BadFile", "Chunk", "RefusalFile", "Row", "RowRefusal", "detect_form", "read", "warning"]

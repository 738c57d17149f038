"""Providers' consent files, CSV or XLSX, read into validated rows.

``read`` streams a file as chunks of accepted rows and refusals; ``detect_form`` finds out how it writes dates;
``BadFile`` says why a whole file cannot be read; ``RefusalFile`` writes refusals for people.
"""

from providers.uploads.date_forms import detect_form
from providers.uploads.file_rows import Chunk, read
from providers.uploads.files.row_refusals import BadFile, RefusalFile, RowRefusal
from providers.uploads.row_verdicts import Row
from providers.uploads.sentences import warning

__all__ = ["BadFile", "Chunk", "RefusalFile", "Row", "RowRefusal", "detect_form", "read", "warning"]

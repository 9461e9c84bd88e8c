"""What a file says of itself, in DICOM's JSON: made once when it arrives, kept short, told under any address."""

from __future__ import annotations

import json
import zlib

from pydicom import Dataset

from imaging.dicom_json import told_of

_ADDRESS = b'"BulkDataURI": "'
"""Nothing but the key itself can read so: within a value, quotes are escaped."""


def made(data: Dataset) -> bytes:
    """All attributes but the pixels, compressed; addresses of long values are relative to the image's."""
    told = told_of(data, "bulkdata/{}".format)
    told["00083002"] = {"vr": "UI", "Value": [str(data.file_meta.get("TransferSyntaxUID", ""))]}
    if "Rows" in data:
        told["7FE00010"] = {"vr": "OW", "BulkDataURI": "frames/1"}
    return zlib.compress(json.dumps({tag: told[tag] for tag in sorted(told)}).encode(), 1)


def told(kept: bytes, address: str) -> bytes:
    """The JSON of one image that is reached at `address`."""
    return zlib.decompress(kept).replace(_ADDRESS, _ADDRESS + address.encode() + b"/")

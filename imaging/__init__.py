"""The shared pixels: a DICOM file's bytes to frames, grey levels, geometry and measures. Pure."""

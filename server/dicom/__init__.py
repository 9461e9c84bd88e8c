"""The DICOM service: devices send images, ask for them, and have them sent (DIMSE, PS3.7)."""

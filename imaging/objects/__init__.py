"""DICOM objects that are no pictures: presentation states, key objects, reports, documents, waveforms. Pure.

what = kind_of(image.dataset)             which of them an opened file is (`imaging.image.open_image` opens all)
presentation, key_objects                 read and written; `writing` holds what both write alike
report, document, waveforms               read only; each reader refuses in words what it cannot read
"""

"""The shared pixels: a DICOM file's bytes to frames, grey levels, geometry and measures. Pure.

image = open_image(OnDisk(path))          all but the pixels; `why_not` says why there is no picture
frame = image.frame(1, decoder)           decoded, by `Apart` in a process of its own; refuses what it cannot show
grey = image.grey(1)                      modality, the file's windows and tables, inversion, padding
picture = render(frame, grey, View())     exactly the pixels that are painted
shown = sampled(frame, grey, view)        the slow half, kept while a window is dragged ...
picture = paint_view(shown, grey, view)   ... and the fast half
"""

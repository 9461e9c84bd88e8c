"""Images that leave the house on a folder, a disc or as pictures: DICOMDIR, web page, ISO. Disk work, no network."""

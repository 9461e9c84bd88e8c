"""The data that ships with the program: forms, code lists, reasons' words, fonts, icons, styles, demo hospital."""

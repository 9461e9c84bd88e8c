"""The chart: time line, the ministry's sheets, editor, correction, conflict chooser."""

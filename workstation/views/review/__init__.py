"""What a named person reviews: files that came late or wrong."""

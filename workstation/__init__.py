"""The desktop program of wards, laboratories and the records office."""

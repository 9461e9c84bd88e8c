"""Measurements, each beside its peer or its limit, in one run; `python -m bench` writes bench/results.md."""

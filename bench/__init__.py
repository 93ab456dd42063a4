"""Measurements, each run by `python -m bench.<name>`; none is part of the tests."""

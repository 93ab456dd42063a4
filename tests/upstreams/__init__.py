"""Parley before upstreams that nobody here wrote: llama.cpp's server and `transformers serve`, with tiny models.

`make test-upstreams` runs these tests; without it they are skipped. Each upstream has a virtual environment of its own.
"""

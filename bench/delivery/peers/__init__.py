"""Servers that do the same in different ways, each a process of its own that `bench.delivery.control` tells what to do.

yoga.mjs is one of them.
"""

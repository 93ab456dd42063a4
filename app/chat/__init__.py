"""The domain: conversations, turns, the message tree and the ports to what stores, streams and generates.

Imports nothing but the standard library.
"""

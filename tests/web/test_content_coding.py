"""The client's Accept-Encoding decides which stored variant of an asset it gets."""

from __future__ import annotations

import pytest

from app.web.content_coding import negotiate

ALL = ("identity", "br", "gzip")


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0.8, gzip; q=0.8", "br"),
        ("BR", "br"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("gzip;q=0, br;q=0", "identity"),
        ("", "identity"),
        ("identity", "identity"),
        ("deflate", "identity"),
        ("br;q=high, gzip;q=0.1", "gzip"),
        (",, ;q=1, gzip", "gzip"),
        ("broken", "identity"),
    ],
)
def test_a_client_gets_the_smallest_variant_that_it_takes(accept_encoding: str, coding: str) -> None:
    assert negotiate(accept_encoding, ALL) == coding


def test_a_file_without_compressed_variants_comes_as_it_is() -> None:
    assert negotiate("br, gzip", ("identity",)) == "identity"

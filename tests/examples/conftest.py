"""Servers for the examples: one that stands, and folders to start others in."""

from __future__ import annotations

from tests.e2e.conftest import folder, migrated, standing  # noqa: F401

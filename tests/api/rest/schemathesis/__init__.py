"""What schemathesis is told; it runs as a program of its own, see test_openapi_fuzzed.py."""

"""Parley: a GraphQL chat service that keeps every token."""

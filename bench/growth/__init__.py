"""What becomes of each operation when more is stored, and of the whole way when more is said at once."""

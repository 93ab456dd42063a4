"""The parts of bench/ that measure nothing themselves."""

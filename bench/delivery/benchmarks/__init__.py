"""The measurements, one per file. Each takes the rounds and seconds that it is given, and makes a Report."""

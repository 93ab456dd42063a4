"""How fast conversations and their last messages are read, beside PostGraphile and Strawberry over SQLAlchemy."""

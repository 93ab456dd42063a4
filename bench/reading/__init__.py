"""How fast a page of conversations with their last messages is read, beside PostGraphile and Strawberry with SQLAlchemy."""

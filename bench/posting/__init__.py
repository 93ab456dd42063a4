"""What it costs to post, beside asyncpg writing the same rows."""

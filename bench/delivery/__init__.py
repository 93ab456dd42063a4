"""What it costs to bring deltas to subscribers over WebSocket, beside graphql-yoga, stock Strawberry and bare ASGI."""

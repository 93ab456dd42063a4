"""GraphQL over HTTP and WebSocket."""

from app.api.graphql.router import GraphQLRouter, graphql_router

__all__ = ["GraphQLRouter", "graphql_router"]

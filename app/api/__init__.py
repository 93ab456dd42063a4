"""The edges: GraphQL and REST, side by side on one domain. Neither imports the other."""

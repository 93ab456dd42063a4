"""Other GraphQL servers on the same database, each as its documentation puts it together."""

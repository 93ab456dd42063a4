"""Documents that clients name instead of sending them.

Two forms, on every transport: `documentId`, as the appendix of GraphQL over HTTP has it
(https://github.com/graphql/graphql-over-http/blob/main/spec/Appendix%20A%20--%20Persisted%20Documents.md), and
`extensions.persistedQuery`, as Apollo's clients have it
(https://www.apollographql.com/docs/apollo-server/performance/apq). What they name was listed by the operator at start,
or sent by a client with the SHA-256 of its text.
"""

"""graphql-sse, distinct connections mode: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md

Its other mode, one connection for all operations, is there for HTTP/1 browsers; they have graphql-transport-ws here.
Events carry no `id`: how far a client has come is the `seq` that it asked for, under whatever alias, and it comes back
with a new `after`.
"""

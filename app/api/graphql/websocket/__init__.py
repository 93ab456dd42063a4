"""graphql-transport-ws: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

No other subprotocol is spoken: the legacy one lets a client run operations before its connection_init is looked at.
"""

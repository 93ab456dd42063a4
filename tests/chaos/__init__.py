"""The promise under fire: `python -m tests.chaos` breaks a running service on purpose and reads what everybody saw.

Two Parley servers, a PostgreSQL, and an upstream that says known text, all as processes of their own; subscribers that
come, go and hop between the servers; one fault a round. Whatever dies, each subscriber must have seen the stored text
once, in order and to its end.
"""

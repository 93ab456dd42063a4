"""An upstream of the tests' own, for OpenAI's chat completions and for Scale's EGP.

A real process that says, and fails, what each request asks for.

`python -m tests.upstream --port 0` prints its port. What it is to say is a `Script`, as JSON in the last user message.
"""

"""REST: the endpoints of OpenAI's chat API, stored completions among them, those of EGP, and health."""

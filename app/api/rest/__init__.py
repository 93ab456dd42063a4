"""REST: the endpoints of OpenAI's chat API, and health. Stateless: what is asked here is not stored."""

"""Backends: where replies come from. Each is behind `app.chat.completion.Backend`."""

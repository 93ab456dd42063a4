"""What an HTML page refers to."""

from __future__ import annotations

from html.parser import HTMLParser


class References(HTMLParser):
    """What the page loads, and whether any of its script or style stands in the page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.urls += [url for key in ("src", "href") if (url := named.get(key))]
        if tag == "style" or (tag == "script" and "src" not in named) or any(key.startswith("on") for key in named):
            self.inline.append(tag)

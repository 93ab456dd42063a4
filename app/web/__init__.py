"""The pages that a browser gets: built by Vite from `web/` into `static/`, served from this origin alone.

Imports Starlette and the standard library, no other part of the app.
"""

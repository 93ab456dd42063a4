"""Five documents about five services, each of whose examples works against Parley as it stands, but for host and key.

- `published`: their code blocks as they stand on the web, with the line numbers and without the indentation that they
  were found with, and the answers that they show;
- `restored`: those that are not what Python reads without their indentation, with it;
- `sdk`: a package that a document imports and that no registry has.

Each runs as a program of its own, with the SDKs that its document names.
"""

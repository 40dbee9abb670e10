"""The live bridge: a browser's socket, a shell in a container, and what lies between them. Rows are `services`' own."""

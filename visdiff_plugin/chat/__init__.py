"""Chat servers: the prompts, the calls, and the parsing of replies."""

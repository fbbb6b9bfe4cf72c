"""Chat servers: what they are asked, the calls, and what is read from their replies."""

"""The registry: what was agreed, what was refused, and the proof. It knows no web, no carrier, no template."""

"""The trial phone of a demo: a page in place of a telephone, its carrier and its keys."""

"""The trial phone of a demo: a page that stands in for a telephone, its carrier and its keys."""

"""The description of the API: one table (``table``), its schemas, the OpenAPI file and the page made from both."""

"""Several processes of one site on one PostgreSQL, behind a balancer that gives each request to the next of them."""

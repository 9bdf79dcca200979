"""What all HTTP answers share: transactions, caching, bodies, queries, formats, problems."""

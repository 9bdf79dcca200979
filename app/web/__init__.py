"""What every kind of HTTP answer shares: transactions, caching, bodies, queries, formats, problems."""

"""From a token to a caller: the one door to python-jose, the token endpoint, issuers, dependencies."""

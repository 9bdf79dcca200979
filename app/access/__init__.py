"""From a token to a caller: the only use of python-jose, the token endpoint, issuers, dependencies."""

"""The documents that come in (``…In``) and go out (``…Out``)."""

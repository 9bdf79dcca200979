"""The transparency log's bytes: hashes, salts and canonical JSON. It knows nothing about applications."""

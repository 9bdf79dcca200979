"""The transparency log's bytes. Knows hashes, salts and canonical JSON; nothing of applications."""

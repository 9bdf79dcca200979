"""The clockwork: what is due by time happens here, while the register is served or by ``register tick``."""

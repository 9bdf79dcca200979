"""The clockwork: what happens by time, while the register is served or by ``register tick``."""

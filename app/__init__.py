"""The approvals register: who may commission GP services, since when, and why not."""

"""What the log says, one class for each kind of entry."""

"""What people read, for whoever shows it: plain arguments in, plain values out, and no HTTP."""

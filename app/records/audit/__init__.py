"""Whether what is kept is what was said: verification, signatures, triggers, canonical values, replay."""

"""Whether the stored data is what was written: verification, signatures, triggers, canonical values, replay."""

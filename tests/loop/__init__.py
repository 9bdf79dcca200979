"""The loop of whoever changes the house: which tests a change can touch, and what they cost."""

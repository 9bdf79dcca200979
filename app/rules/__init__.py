"""The rules of co-commissioning approval, pure: no session, no clock, no framework. Time and ids are arguments."""

"""One room for each revision: its listing is the history."""

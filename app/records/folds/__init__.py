"""The folds, one room for each noun: what each kind of entry changes."""

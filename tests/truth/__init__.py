"""What the demo says of the past on a day, against what the files under ``app/reference`` say, counted anew here."""

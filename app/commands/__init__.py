"""The command line, one room for each noun. A command imports the application only if it needs it."""

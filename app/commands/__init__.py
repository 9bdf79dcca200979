"""The command line, one room for each noun; the application is imported only when a command needs it."""

"""What people do, one function for each act, named by the verb a panel secretary uses. Knows no HTTP."""

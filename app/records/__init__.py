"""The only place with SQL: tables, sessions, one room for each noun, and the ledger."""

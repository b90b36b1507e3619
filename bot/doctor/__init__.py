"""`set-action doctor`: looks at everything the bot needs, changes nothing, and says what to do."""

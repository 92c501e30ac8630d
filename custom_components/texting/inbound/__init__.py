"""What came in: the inbox, questions, commands, keywords, and what a reply answers."""

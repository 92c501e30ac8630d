"""The dialogs besides the one that adds an account, and what all of them are made of."""

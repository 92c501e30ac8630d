"""Club Texting and Group Texting: two brands of the EZ Texting platform."""

"""What is said to the home: how texts are read and answered."""

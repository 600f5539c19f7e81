"""What is asked, and what people should be told kindly, by subject."""

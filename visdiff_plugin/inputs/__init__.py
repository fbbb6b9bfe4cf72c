"""What is known about the images before they are compared: read if stored, else computed."""

"""What is computed once for each image and kept on its sample."""

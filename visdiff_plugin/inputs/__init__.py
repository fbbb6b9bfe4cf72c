"""What is known of the images before they are compared: read where stored, made where not."""

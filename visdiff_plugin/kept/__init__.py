"""Values that are computed once for each image and stored on its sample."""

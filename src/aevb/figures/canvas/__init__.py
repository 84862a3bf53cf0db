"""Canvas: pictures, rows of images, colours and paths that several figures share."""

"""The mosaic of thumbnails: where they stand, their pictures, their marks, and the view that scrolls them."""

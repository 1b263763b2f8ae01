"""The picture viewer: a whole image in tiles, with the boxes of its samples."""

"""The embedding map: a million points, chosen by lasso."""

"""Figures of training and results: charts, confusion matrix, run table."""

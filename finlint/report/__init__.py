"""Findings to text, JSON and other formats: one module for each."""

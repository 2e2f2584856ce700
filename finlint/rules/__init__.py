"""Answers to findings: one module for each rule or family of rules."""

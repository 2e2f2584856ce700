"""The words of the rules, by family: what, why, example, fix, what is not reported, evidence."""

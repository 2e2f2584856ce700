"""Evaluation: what may this expression be?

The one honest circle: an attribute may be a call, a call's result an attribute. The parts ask each other through
``queries.Queries``; ``evaluator.Evaluator`` puts them together; ``memo.Memo`` keeps their answers and breaks cycles.
"""

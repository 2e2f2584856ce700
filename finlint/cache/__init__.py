"""What a run leaves for the next one.

A cache makes a run faster and nothing else: whatever is wrong with it (another version's, half written, tampered with),
it is as if it were not there, and what is in it counts only where all that it stands on is the same.

Two files hold what is known of one working folder under one set of settings. The first (``lastrun``) has the files of
the last large run, what tells a changed one, and the report. Where nothing has changed, or nothing that the report
stands on (``unchanged``), that is all that is read. The second (``answers``) has the answers to single questions, each
with the parts of files, the folders and the searches that it was made from.

Files are replaced whole, so runs at the same time do each other no harm: the last one's answers stay.
"""

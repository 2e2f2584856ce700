"""What library calls do.

The data is ``data/stdlib/*.toml`` and ``data/thirdparty/*.toml``, one file a library, and the users' files of the
same shape (``entries`` documents every field). After editing ours run ``python docs/tools/knowledge.py``;
``python docs/tools/typeshed.py`` renews the types that typeshed gives. ``base.Knowledge`` answers questions,
reading of either table only the line of the library that is asked about.
"""

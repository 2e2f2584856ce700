"""What library calls do. Data lives in ``data/**/*.toml``, one file for each library, loaded when named."""

"""FIN105: talks to the network."""

from __future__ import annotations

from finlint.rules.base.reaching import NOT_REPORTED, Reaches
from finlint.rules.base.rule import BY_CLEANER, DEL


class NetworkIO(Reaches):
    code = "FIN105"
    kind = "network-io"
    verb = "talks to the network in"
    merged = True

    summary = "talks to the network"
    example = """
        import requests


        class Session:
            def __init__(self, url):
                self.url = url
                self.session = requests.Session()

            def __del__(self):
                self.session.post(self.url + "/logout")
    """
    advice = "Say goodbye in `close()` or `__exit__`; the finalizer only lets go of the socket."
    fix = """
        import requests


        class Session:
            def __init__(self, url):
                self.url = url
                self.session = requests.Session()

            def close(self):
                self.session.post(self.url + "/logout")
                self.session.close()

            def __del__(self):
                self.session.close()
    """
    mended = (BY_CLEANER,)
    not_reported = NOT_REPORTED + " Closing a socket or a session is a note: releasing is what finalizers are for."
    evidence = (
        DEL,
        "https://github.com/fsspec/s3fs/issues/573",
        "https://github.com/snowflakedb/snowflake-connector-python/pull/1898",
    )

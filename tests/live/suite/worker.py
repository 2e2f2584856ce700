"""A thread that nobody can free, and a test that waits for it: both end."""

import threading


class Stuck:
    def __del__(self):
        threading.Event().wait()


def drop():
    stuck = Stuck()
    del stuck


def test_bad_waits_for_a_stuck_thread():
    thread = threading.Thread(target=drop)
    thread.start()
    thread.join()


def test_good_goes_on():
    pass

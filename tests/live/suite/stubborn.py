"""Finalizers that are hard to end."""

import signal
import threading


class Catches:
    def __del__(self):
        for _ in range(2):
            try:
                threading.Event().wait()
            except BaseException:
                pass


def test_bad_catches_twice():
    catches = Catches()
    del catches


class Masked:
    def __del__(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        threading.Event().wait()


def test_bad_masked():
    masked = Masked()
    del masked


def test_good_goes_on():
    pass

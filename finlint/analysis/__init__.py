"""Facts to answers: module linking, types of receivers, call resolution, effects, retention."""

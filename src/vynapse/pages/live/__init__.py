# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The live page of `vynapse serve`: runs below a folder, read from their files, in a browser.

    places.py     which runs there are, and what their ids mean
    listing.py    a line for each run
    columns.py    rows of metrics.csv as columns over steps, seconds and work
    panels.py     which curves belong together
    words.py      events and recipes in words
    story.py      what a mode tells of its events
    view.py       one run, as messages for a browser
    drawing.py    its network as a picture
    stream.py     server-sent events
    security.py   who may ask, and what a browser may do with the answer
    app.py        addresses
    server.py     the port
    static/       the page itself

Nothing is written and nothing is asked of a trainer.
"""

"""A campaign of damage: whatever is read or interrupted ends in right values or a clear error.

``python -m tests.campaign --help`` says how to run it. A case is made from seed, kind and number alone, in a process
of its own that is watched from outside (:mod:`tests.campaign.runner`), bounded in memory and time.
"""

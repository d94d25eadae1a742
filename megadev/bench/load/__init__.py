"""``megadev load``: many transactions at one node, at a rate or as fast as it answers, and how long the answers took.

Start reading at ``command.py``. ``workloads.py`` says what is sent, ``bank.py`` gives the accounts what they need,
``sender.py`` is the process that signs and sends, ``run.py`` starts several of them and puts together what they found.
"""

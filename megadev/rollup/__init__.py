"""The rollup: the bridge's contracts on both chains, and the transfer of messages and claims between them.

May import: errors, primitives, chain, events, state, evm, sequencer. Start reading at ``driver.py`` (L2 follows L1) and
``proposer.py`` (L1 is told of L2); ``deposits``, ``derivation``, ``withdrawals``, ``games`` and ``messages`` are pure
and say what the chains' logs and state mean; ``predeploys`` is where everything stands at genesis.

Why nothing here listens to events: what is due is read from both chains' heads each time, so a revert of the chains is
a revert of everything in between.
"""

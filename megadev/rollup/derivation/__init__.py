"""L2 derived from L1: what was posted there and what it says by itself, made into L2's blocks again.

Start reading at ``pipeline.py``, which is the whole story; its stages are ``inbox`` (L1 block → data → frames),
``channel_bank`` (frames → channel), ``channel.read_batches`` (channel → batches), ``batch_queue`` (batches → blocks,
and blocks where no batches come) and ``attributes`` (block → everything it is built of). ``l1_source`` and ``config``
are what they see; ``execution`` builds the blocks; ``consolidation`` compares them with a sequencer's; ``l1_origin``
reads how far on L1 a chain has got. Nothing here knows a node.

Why there are two paces (``config.Pace``): an OP Stack chain has a block every block time, and every L1 block is the
origin of at least one. A devnet's chain has a block when there is a transaction, any number in one second and none for
hours; its L1 may do likewise, with a block for each of *its* transactions. Held to the OP Stack's rules such a chain
would have to be something else than what its users see. So its batches count by their parent's hash instead of by
their time, and a block may advance over several L1 blocks. All else is the same for both; the rules as
specified are the default.

What that means for a devnet's chain:

- Its blocks are posted as singular batches, which carry a time and an origin each; a span batch says rows whose blocks
  lie evenly in time and whose origins go on by one at most, and ``batches.span_of`` refuses any other.
- A block that advances over several L1 blocks begins with the deposits of all of them, oldest first. It advances as far
  as the gas that they may use together is within its gas limit; those of one L1 block get in whatever they may use.
- Where blocks do not lead with an L1 attributes transaction (``dev``) a block makes the system call that tells it of L1
  exactly when its batch names another origin than its parent has; it holds that origin's deposits as its first
  transactions. The batch says nothing more of either: both follow from L1.
- ``prevRandao`` is the hashed parent hash, the parent beacon block root is zero, fee recipient and extra data are the
  rollup's: as the sequencer has them where nobody sets others. The base fee follows from the parent. Mini-blocks leave
  no trace in a block's hash, and none on L1.
- What is set by hand (state, base fee, prevRandao, fee recipient, L1 fees) and what was sent for impersonated accounts
  is on no L1: ``consolidation.underivable`` names such blocks before they are posted, ``difference`` afterwards.
- Where a sequencing window passes, there is one block without transactions for each L1 block that lies outside it, so
  that deposits are included whatever the sequencer does; times are not filled up.
"""

from megadev.rollup.derivation.l1_origin import L1Fees as L1Fees
from megadev.rollup.derivation.l1_origin import L1Origin as L1Origin
from megadev.rollup.derivation.l1_origin import attributes_of as attributes_of
from megadev.rollup.derivation.l1_origin import config_told as config_told
from megadev.rollup.derivation.l1_origin import deposit_logs as deposit_logs
from megadev.rollup.derivation.l1_origin import deposits_in as deposits_in
from megadev.rollup.derivation.l1_origin import origin_in as origin_in
from megadev.rollup.derivation.l1_origin import system_config_in as system_config_in

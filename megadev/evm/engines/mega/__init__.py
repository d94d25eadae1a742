"""MegaETH's rules over our own run loop (MegaETH's specification, "Rex4" to "Rex6"; what each spec has is
``evm.mega_rules``).

Start at ``envelope``. ``meter`` counts what a transaction uses and knows its limits, ``frames`` begins and ends frames
under them, ``operations`` are the opcodes that are priced or counted otherwise, ``interception`` answers calls to
system contracts, ``keyless`` runs a deployment signed by nobody's key.

Why a frame runs with less gas than it has: within plain code every unit of gas is compute gas, so the run loop is given
no more than the compute budget leaves (``Call.hidden`` keeps the rest), and metering costs nothing until an opcode that
is priced otherwise. Where the loop runs out of what it was given, that one opcode is run again with everything, and
what it turns out to cost says whether the gas or the budget was too small.
"""

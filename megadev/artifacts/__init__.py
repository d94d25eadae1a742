"""Knowing contracts by their artifacts: what compilers leave behind, read so that selectors become names and program
counters lines of source.

Start at ``registry.ArtifactRegistry``, which finds the artifact of a piece of code, and at ``explain``, which turns
revert data, call data and logs into words with its help. Below them: ``artifact`` (one contract), ``formats`` (how each
tool writes one), ``project`` (where they lie on disk), ``source_map`` (from instruction to line), ``interface`` (ABIs),
``layout`` (what a contract keeps where in storage) and ``storage_names`` (what a slot is called).

May import: clock, errors, primitives, chain.

Why nothing is read until something must be explained: a project's artifacts can weigh a hundred megabytes, most runs
never need them, and a node must start at once. Why files are looked at again and again: people compile while it runs.
Why source maps are read later still than the rest: only a stack trace needs them, of one or two contracts.
"""

"""Hot reload: a source is saved, and the running chain has the new code with the old state.

Start at ``pipeline``, which takes saved files from ``watcher`` through ``compiler`` to ``reloader``, and that takes a
build through ``plan`` to ``apply``; ``memory`` is what it knows from one save to the next. Below them:
``compatibility`` (whether new code can go on with it), ``contracts`` (what a compiler made),
``deployed_code`` (immutables and libraries, taken along), ``deployments`` (what stands at which address), ``manifest``
(what users say of that), ``project`` (sources and their imports), ``answers`` and ``abi_files`` (what clients and dApps
read), ``notices`` (what people are told).

May import: clock, errors, files, primitives, chain, artifacts, config, events, state, evm, node, inspect.

Why deployments are recognised by their code and not recorded: whoever deploys, by whatever factory, and however often
the chain is taken back, the code is there or it is not. Why a layout is computed from syntax trees: every tool can give
them, and only they know namespaced structs and the words of enums. Why one refusal refuses everything: contracts that
call each other are saved together, and half of a change is no state that anybody meant.
"""

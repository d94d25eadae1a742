"""The compiled tier: EVM code that runs often enough is translated to WebAssembly and run natively, call frames and
journal included. It gives what the run loop in Python gives, to the last gas and the last access.

Start at ``tier`` (when this tier is used, and what it keeps), then ``frames`` (one transaction in native frames),
``arena`` (its memory), ``host`` (wasmtime, as far as it is needed) and ``runtime`` (our own C: 256-bit words, keccak,
journal, frames and an interpreter). ``plan`` decides what is compiled and as what; ``emitter`` writes it down, with
``arithmetic`` and ``memory``, in the format that ``wasm`` knows.

Why an interpreter in C beside the compiler: code that is cold, or left by compiled code at a place nobody had visited,
goes on natively, in the same frame, without Python between; and the frames, the journal and every opcode that touches
the world exist once, for both.

Why wasm and not machine code of our own: wasmtime's wheel compiles it for every platform in a few milliseconds, and
what goes wrong in it is an exception, never a dead process.
"""

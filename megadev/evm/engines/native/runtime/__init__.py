"""The tier's own C and what is built of it. ``rebuild`` makes ``runtime.wasm``; C's story begins in ``words.h``."""

"""The native runtime of the costly precompiles: C sources, the build, and the module it made."""

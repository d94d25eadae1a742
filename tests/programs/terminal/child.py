import os, sys
from megadev.cli.terminal.ui import Terminal

caught = []
terminal = Terminal(caught.append)
terminal.take()
terminal.show(["first " * 2, "second" * 2])
terminal.show(["first " * 2, "change" * 2])
print("printed", flush=True)
os.write(2, b"complained\nunfinished")
os.system("echo child")
for pipe in terminal.pipes:
    terminal.feed(pipe)
{end}
terminal.restore()
terminal.restore()
print("after", sorted(caught), flush=True)

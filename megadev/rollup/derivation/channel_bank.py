"""From frames to channels: the one channel that is being put together (Holocene), from its first frame to its last."""

from __future__ import annotations

from megadev.rollup.channel import FRAME_BOOKKEEPING, Frame


class ChannelBank:
    """The channel that is open, if one is.

    A first frame opens a channel, whatever was open before; frames come in order or are dropped. A channel is given up
    that grows beyond ``max_bytes``, or stays open for more than ``timeout`` L1 blocks. So memory is bounded by
    ``max_bytes``.
    """

    def __init__(self, timeout: int, max_bytes: int) -> None:
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._open: list[Frame] = []
        self._opened_at = 0
        self._size = 0

    def begin_block(self, number: int) -> None:
        """The frames to come are those of L1 block ``number``."""
        if self._open and self._opened_at + self._timeout < number:
            self._close()

    def add(self, frame: Frame, number: int) -> bytes | None:
        """Take ``frame`` of L1 block ``number``; the channel, once it is complete."""
        if frame.number == 0:
            self._close()
            self._opened_at = number
        elif not self._follows(frame):
            return None
        self._open.append(frame)
        self._size += len(frame.data) + FRAME_BOOKKEEPING
        if self._size > self._max_bytes:
            self._close()
            return None
        if not frame.is_last:
            return None
        channel = b"".join(each.data for each in self._open)
        self._close()
        return channel

    def _follows(self, frame: Frame) -> bool:
        last = self._open[-1] if self._open else None
        return last is not None and last.channel_id == frame.channel_id and last.number + 1 == frame.number

    def _close(self) -> None:
        self._open = []
        self._size = 0

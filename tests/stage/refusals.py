"""What a request is refused with, in process."""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError


def refusal(net: Devnet, method: str, *params: Any) -> RpcError:
    """The error that a request is answered with, which must be one."""
    with pytest.raises(RpcError) as caught:
        net.rpc(method, *params)
    return caught.value

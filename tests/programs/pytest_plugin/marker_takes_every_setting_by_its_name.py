from megadev import DevnetConfig
from megadev.config.settings import SETTINGS

DEFAULTS = {row.name: getattr(DevnetConfig(), row.name) for row in SETTINGS}
OTHERS = dict(chain_id=77, accounts=3, no_mining=True, base_fee=5, order="fifo", l1_chain_id=78, l1_block_time=60)

@pytest.mark.megadev(**{**DEFAULTS, **OTHERS})
def test_all(devnet):
    assert {name: getattr(devnet.config, name) for name in DEFAULTS} == {**DEFAULTS, **OTHERS}

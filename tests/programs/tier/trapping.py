import faulthandler
from tests.units.evm.native.test_tier import *
tier = Tier()
tier.heat_limit = 1 << 31
run(tier)
faulthandler.enable()
test_a_trap_is_an_engine_fault()
print("it lives")

#!/bin/sh
# Deploys the counter to the node at ETH_RPC_URL and uses it: `megadev exec -- sh script/deploy.sh`.
set -eu
address=$(forge create src/Counter.sol:Counter --broadcast --private-key "$MEGADEV_PRIVATE_KEY" --json \
  --constructor-args 5 | sed -n 's/.*"deployedTo": *"\(0x[0-9a-fA-F]*\)".*/\1/p')
cast send "$address" "increment()" --private-key "$MEGADEV_PRIVATE_KEY" > /dev/null
echo "Counter is at $address and says $(cast call "$address" "number()(uint256)")"

// chain: L1
// no such game
>> {"jsonrpc":"2.0","id":1,"method":"megadev_submitAttestation","params":["0x7",{"attester":"0x1111111111111111111111111111111111111111","signature":"0x12","seal":"0x12"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"there is no game 7 of the devnet's own type"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_proposeOutput","params":[{"blockNumber":"0x7"}]}
<< {"jsonrpc":"2.0","id":2,"result":{"l2BlockNumber":"0x7","outputRoot":"0x5684dfbaf8beafcf34f82499dc9f0b9dce45f62db6cc8041c155d9328f400bd4","game":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","index":"0x0"}}
// attesters run in this node
>> {"jsonrpc":"2.0","id":3,"method":"megadev_submitAttestation","params":["0x0",{"attester":"0x1111111111111111111111111111111111111111","signature":"0x12","seal":"0x12"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"the attesters of this node run in it: start it with --attest-apart"}}
// a part is missing
>> {"jsonrpc":"2.0","id":4,"method":"megadev_submitAttestation","params":["0x0",{"attester":"0x1111111111111111111111111111111111111111"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 1 (signed): missing field signature"}}

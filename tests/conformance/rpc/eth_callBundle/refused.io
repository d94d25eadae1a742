// no transactions
>> {"jsonrpc":"2.0","id":1,"method":"eth_callBundle","params":[{"txs":[],"blockNumber":"0xd"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"bundle missing txs: give at least one signed transaction"}}
// no block number
>> {"jsonrpc":"2.0","id":2,"method":"eth_callBundle","params":[{"txs":["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"]}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (bundle): missing field blockNumber"}}
>> {"jsonrpc":"2.0","id":3,"method":"eth_callBundle","params":[{"txs":["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"],"blockNumber":"0x0"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"bundle missing blockNumber: give the block that it targets"}}
// a nonce too high
>> {"jsonrpc":"2.0","id":4,"method":"eth_callBundle","params":[{"txs":["0x02f86e827a6905843b9aca0085012a05f200831e848094f39fd6e51aad88f6f4ce6ab8827279cfffb922660780c001a067708864ee6690cf697e6cdb17622678b32c078268729e6e482a2cea2908ab70a05d70f8b201a99578f697396c795ea75cd9582c42c019c2b0ae895b8181a6d4c2"],"blockNumber":"0xd"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32003,"message":"nonce too high: next nonce 0, tx nonce 5 (address 0x15d34aaf54267db7d7c367839aaf71a00a2c6a65)"}}
// no transaction
>> {"jsonrpc":"2.0","id":5,"method":"eth_callBundle","params":[{"txs":["0x1234"],"blockNumber":"0xd"}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32003,"message":"transaction type not supported: transaction type not valid here: 0x12; this chain takes 0x0, 0x1, 0x2, 0x3, 0x4"}}
// a future state
>> {"jsonrpc":"2.0","id":6,"method":"eth_callBundle","params":[{"txs":["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"],"blockNumber":"0xd","stateBlockNumber":"0x99"}]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
// nothing
>> {"jsonrpc":"2.0","id":7,"method":"eth_callBundle","params":[]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"missing value for required argument 0 (bundle)"}}

// no parent
>> {"jsonrpc":"2.0","id":1,"method":"testing_buildBlockV1","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (parent_block_hash)"}}
// an unknown parent
>> {"jsonrpc":"2.0","id":2,"method":"testing_buildBlockV1","params":["0x0000000000000000000000000000000000000000000000000000000000000000",{"timestamp":"0x6553f4eb","prevRandao":"0x1111111111111111111111111111111111111111111111111111111111111111","suggestedFeeRecipient":"0xdededededededededededededededededededede","withdrawals":[],"parentBeaconBlockRoot":"0x2222222222222222222222222222222222222222222222222222222222222222"},[],"0x"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"header not found: no block 0x0000000000000000000000000000000000000000000000000000000000000000, the chain's head is block 12"}}
// no attributes
>> {"jsonrpc":"2.0","id":3,"method":"testing_buildBlockV1","params":["{block:12}"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 1 (payload_attributes)"}}
// not after its parent
>> {"jsonrpc":"2.0","id":4,"method":"testing_buildBlockV1","params":["{block:12}",{"timestamp":"0x1","prevRandao":"0x1111111111111111111111111111111111111111111111111111111111111111","suggestedFeeRecipient":"0xdededededededededededededededededededede","withdrawals":[],"parentBeaconBlockRoot":"0x2222222222222222222222222222222222222222222222222222222222222222"},[],"0x"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"invalid timestamp: 1 is not after the parent's, 1700000012"}}
// a transaction of another moment
>> {"jsonrpc":"2.0","id":5,"method":"testing_buildBlockV1","params":["{block:3}",{"timestamp":"0x6553f4eb","prevRandao":"0x1111111111111111111111111111111111111111111111111111111111111111","suggestedFeeRecipient":"0xdededededededededededededededededededede","withdrawals":[],"parentBeaconBlockRoot":"0x2222222222222222222222222222222222222222222222222222222222222222"},["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"],"0x"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32000,"message":"nonce too high: next nonce 2, tx nonce 8 (address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266) (transaction 0)"}}
// no transaction
>> {"jsonrpc":"2.0","id":6,"method":"testing_buildBlockV1","params":["{block:12}",{"timestamp":"0x6553f4eb","prevRandao":"0x1111111111111111111111111111111111111111111111111111111111111111","suggestedFeeRecipient":"0xdededededededededededededededededededede","withdrawals":[],"parentBeaconBlockRoot":"0x2222222222222222222222222222222222222222222222222222222222222222"},["0x01"],"0x"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"transactions[0]: transaction could not be decoded: RLP is empty"}}
// withdrawals
>> {"jsonrpc":"2.0","id":7,"method":"testing_buildBlockV1","params":["{block:12}",{"timestamp":"0x6553f4eb","prevRandao":"0x1111111111111111111111111111111111111111111111111111111111111111","suggestedFeeRecipient":"0xdededededededededededededededededededede","withdrawals":[{}],"parentBeaconBlockRoot":"0x2222222222222222222222222222222222222222222222222222222222222222"},[],"0x"]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"invalid argument 1 (payload_attributes): withdrawals cannot be made: this chain does not have withdrawals"}}
// too much extra data
>> {"jsonrpc":"2.0","id":8,"method":"testing_buildBlockV1","params":["{block:12}",{"timestamp":"0x6553f4eb","prevRandao":"0x1111111111111111111111111111111111111111111111111111111111111111","suggestedFeeRecipient":"0xdededededededededededededededededededede","withdrawals":[],"parentBeaconBlockRoot":"0x2222222222222222222222222222222222222222222222222222222222222222"},[],"0x000000000000000000000000000000000000000000000000000000000000000000"]}
<< {"jsonrpc":"2.0","id":8,"error":{"code":-32602,"message":"extra data has 33 bytes; a header has room for 32"}}

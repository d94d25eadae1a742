// nothing
>> {"jsonrpc":"2.0","id":1,"method":"testing_commitBlockV1","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (payload_attributes)"}}
// not after the head
>> {"jsonrpc":"2.0","id":2,"method":"testing_commitBlockV1","params":[{"timestamp":"0x1","prevRandao":"0x1111111111111111111111111111111111111111111111111111111111111111","suggestedFeeRecipient":"0xdededededededededededededededededededede","withdrawals":[],"parentBeaconBlockRoot":"0x2222222222222222222222222222222222222222222222222222222222222222"},[]]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"invalid timestamp: 1 is not after the parent's, 1700000012"}}
// twice the same transaction
>> {"jsonrpc":"2.0","id":3,"method":"testing_commitBlockV1","params":[{"timestamp":"0x6553f4eb","prevRandao":"0x1111111111111111111111111111111111111111111111111111111111111111","suggestedFeeRecipient":"0xdededededededededededededededededededede","withdrawals":[],"parentBeaconBlockRoot":"0x2222222222222222222222222222222222222222222222222222222222222222"},["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f","0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"],"0x"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"nonce too low: next nonce 9, tx nonce 8 (address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266) (transaction 1)"}}
// nothing changed
>> {"jsonrpc":"2.0","id":4,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":"0xc"}

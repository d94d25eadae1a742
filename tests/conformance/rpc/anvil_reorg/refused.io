// deeper than the chain
>> {"jsonrpc":"2.0","id":1,"method":"anvil_reorg","params":[13,[]]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Reorg depth must not exceed current chain height: current height 12, depth 13"}}
// a block beyond the new ones
>> {"jsonrpc":"2.0","id":2,"method":"anvil_reorg","params":[2,[["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f",2]]]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"Block number for reorg tx will exceed the reorged chain height. Block number 2 must not exceed (depth-1) 1"}}
// not a transaction
>> {"jsonrpc":"2.0","id":3,"method":"anvil_reorg","params":[2,[["0xdeadbeef",0]]]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"failed to decode transaction: transaction could not be decoded: RLP at byte 1: 30 bytes declared, 3 left"}}
// not a pair
>> {"jsonrpc":"2.0","id":4,"method":"anvil_reorg","params":[2,["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"]]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 1 (tx_block_pairs)[0]: expected [transaction, block index], the transaction as signed bytes or as an object"}}
// less than nothing
>> {"jsonrpc":"2.0","id":5,"method":"anvil_reorg","params":[-1,[]]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 0 (depth): expected a quantity (0x hex or number, below 2**64), got -1"}}
// nothing
>> {"jsonrpc":"2.0","id":6,"method":"anvil_reorg","params":[]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"missing value for required argument 0 (depth)"}}
// too many
>> {"jsonrpc":"2.0","id":7,"method":"anvil_reorg","params":[1,[],1]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
>> {"jsonrpc":"2.0","id":8,"method":"eth_getBlockByNumber","params":["latest",false]}
<< {"jsonrpc":"2.0","id":8,"result":{"hash":"0x72328b42d9e9d21ef7b8be9dd6c66a951f517628b03518c11c4e6347e3df76e6","parentHash":"0x33436e5ed2d2e893ffaf5498a8d6ef485ba56d0b3867a44adb9964bee089398a","sha3Uncles":"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347","miner":"0x0000000000000000000000000000000000000000","stateRoot":"0x22e636ddfe1288f53b94bdce332b90ea32af7d2f92777467b352ea15f953a236","transactionsRoot":"0x2a727fdde2f2484a6593a7f05fd31f8c4e1bb221d4da9c1eecf463cdad4abf85","receiptsRoot":"0x3a25ccbdbf041f430a6661e3acd55713e58a2299bcec7d658fb961a4b37cfd6b","logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000040020000000000000000000800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001000000000000000000000000008000020000000000000000000000000000000000000000000000000800000000000000000","difficulty":"0x0","number":"0xc","gasLimit":"0x1c9c380","gasUsed":"0x105e4","timestamp":"0x6553f10c","extraData":"0x","mixHash":"0xffc8bc255af62d36a0da3b0c1346db4490aaa4d063fc0da4fc3bbccda48bba65","nonce":"0x0000000000000000","baseFeePerGas":"0xc28a08d","withdrawalsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","blobGasUsed":"0x0","excessBlobGas":"0x0","parentBeaconBlockRoot":"0x0000000000000000000000000000000000000000000000000000000000000000","requestsHash":"0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","totalDifficulty":"0x0","size":"0x40e","uncles":[],"transactions":["0x4759126607407c26befadd493250a0762ee9968f15a6f28c65aee89f886aee0e","0x1df4d8bb4a15191fc1ce58eafd28cbc4a8b72ea44a51e7f68caa20cbb5d1d3e7","0x0cb52f4ec69900a5285330557b9d2904c4bddeb0649dede118887a336b29b49e"],"withdrawals":[]}}

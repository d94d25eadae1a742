// there was none
>> {"jsonrpc":"2.0","id":1,"method":"anvil_removeBlockTimestampInterval","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":false}
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setBlockTimestampInterval","params":[100]}
<< {"jsonrpc":"2.0","id":2,"result":null}
// there was one
>> {"jsonrpc":"2.0","id":3,"method":"anvil_removeBlockTimestampInterval","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":true}
>> {"jsonrpc":"2.0","id":4,"method":"evm_mine","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":"0x0"}
>> {"jsonrpc":"2.0","id":5,"method":"eth_getBlockByNumber","params":["latest",false]}
<< {"jsonrpc":"2.0","id":5,"result":{"hash":"0x766449f91df1598de80bbf842c92a94ff567fbf81e5fc69f190adf99bc0e324a","parentHash":"0x258d532acf572ee6ccdaac65fa7c3250b86b38144f6662abdba0f381a199dcfb","sha3Uncles":"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347","miner":"0x0000000000000000000000000000000000000000","stateRoot":"0x44e33bcb3fd7596eef72ad15b08901aebfbe772a816b0d44dc4d43a3d9de76d3","transactionsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","receiptsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","difficulty":"0x0","number":"0xd","gasLimit":"0x1c9c380","gasUsed":"0x0","timestamp":"0x6553f10d","extraData":"0x","mixHash":"0x597b881ef26cd5bd30bb77bcd5aa5590f99c2a1ac9833c758c1225f0fa7e6a10","nonce":"0x0000000000000000","baseFeePerGas":"0xaa549ad","withdrawalsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","blobGasUsed":"0x0","excessBlobGas":"0x0","parentBeaconBlockRoot":"0x0000000000000000000000000000000000000000000000000000000000000000","requestsHash":"0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","totalDifficulty":"0x0","size":"0x268","uncles":[],"transactions":[],"withdrawals":[]}}

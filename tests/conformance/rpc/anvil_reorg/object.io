// what it takes as one object
>> {"jsonrpc":"2.0","id":1,"method":"anvil_reorg","params":[{"depth":2,"txBlockPairs":[]}]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0xc"}
>> {"jsonrpc":"2.0","id":3,"method":"eth_getBlockTransactionCountByNumber","params":["0xc"]}
<< {"jsonrpc":"2.0","id":3,"result":"0x0"}

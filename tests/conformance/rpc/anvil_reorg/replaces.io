// the last two blocks, by empty ones
>> {"jsonrpc":"2.0","id":1,"method":"anvil_reorg","params":[2,[]]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0xc"}
>> {"jsonrpc":"2.0","id":3,"method":"eth_getBlockTransactionCountByNumber","params":["0xc"]}
<< {"jsonrpc":"2.0","id":3,"result":"0x0"}
>> {"jsonrpc":"2.0","id":4,"method":"eth_getTransactionReceipt","params":["{tx:12:0}"]}
<< {"jsonrpc":"2.0","id":4,"result":null}
>> {"jsonrpc":"2.0","id":5,"method":"eth_getTransactionByHash","params":["{tx:11:0}"]}
<< {"jsonrpc":"2.0","id":5,"result":null}
// one block, by one with a signed transaction
>> {"jsonrpc":"2.0","id":6,"method":"anvil_reorg","params":[1,[["0x02f86e827a6903843b9aca0085012a05f200831e848094f39fd6e51aad88f6f4ce6ab8827279cfffb922660180c001a0b8363d52e92fa8683f2618e6a9b8771a003ea1da9ec6d0b2e67056f61ff95cd8a06b2e62a6e2183cc6c1e1cf18e8a46e84e9725f2e5646033a97480a66e6e9884e",0]]]}
<< {"jsonrpc":"2.0","id":6,"result":null}
>> {"jsonrpc":"2.0","id":7,"method":"eth_getBlockTransactionCountByNumber","params":["0xc"]}
<< {"jsonrpc":"2.0","id":7,"result":"0x1"}
// and with one to be signed here
>> {"jsonrpc":"2.0","id":8,"method":"anvil_reorg","params":[2,[[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","to":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","value":"0x2","gas":"0x5208"},1]]]}
<< {"jsonrpc":"2.0","id":8,"result":null}
>> {"jsonrpc":"2.0","id":9,"method":"eth_getBlockTransactionCountByNumber","params":["0xb"]}
<< {"jsonrpc":"2.0","id":9,"result":"0x0"}
>> {"jsonrpc":"2.0","id":10,"method":"eth_getBlockTransactionCountByNumber","params":["0xc"]}
<< {"jsonrpc":"2.0","id":10,"result":"0x1"}

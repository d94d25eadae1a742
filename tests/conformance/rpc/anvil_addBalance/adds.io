>> {"jsonrpc":"2.0","id":1,"method":"anvil_addBalance","params":["0x2222222222222222222222222222222222222222","0x5"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x5"}
>> {"jsonrpc":"2.0","id":3,"method":"hardhat_addBalance","params":["0x2222222222222222222222222222222222222222","0x6"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":4,"result":"0xb"}
>> {"jsonrpc":"2.0","id":5,"method":"tenderly_addBalance","params":["0x2222222222222222222222222222222222222222","7"]}
<< {"jsonrpc":"2.0","id":5,"result":null}
>> {"jsonrpc":"2.0","id":6,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":6,"result":"0x12"}
// as much as there can be
>> {"jsonrpc":"2.0","id":7,"method":"anvil_addBalance","params":["0x2222222222222222222222222222222222222222","0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"]}
<< {"jsonrpc":"2.0","id":7,"result":null}
>> {"jsonrpc":"2.0","id":8,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":8,"result":"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}

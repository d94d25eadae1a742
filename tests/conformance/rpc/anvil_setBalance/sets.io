>> {"jsonrpc":"2.0","id":1,"method":"anvil_setBalance","params":["0x2222222222222222222222222222222222222222","0x1234"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x1234"}
// in decimal
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setBalance","params":["0x2222222222222222222222222222222222222222","1000000000000000000"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":4,"result":"0xde0b6b3a7640000"}
// as a number, by Hardhat's name
>> {"jsonrpc":"2.0","id":5,"method":"hardhat_setBalance","params":["0x2222222222222222222222222222222222222222",7]}
<< {"jsonrpc":"2.0","id":5,"result":true}
>> {"jsonrpc":"2.0","id":6,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":6,"result":"0x7"}
// by Tenderly's
>> {"jsonrpc":"2.0","id":7,"method":"tenderly_setBalance","params":["0x2222222222222222222222222222222222222222","0x8"]}
<< {"jsonrpc":"2.0","id":7,"result":null}
>> {"jsonrpc":"2.0","id":8,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":8,"result":"0x8"}
// by Ganache's
>> {"jsonrpc":"2.0","id":9,"method":"evm_setAccountBalance","params":["0x2222222222222222222222222222222222222222","0x9"]}
<< {"jsonrpc":"2.0","id":9,"result":true}
>> {"jsonrpc":"2.0","id":10,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":10,"result":"0x9"}
// it was never so before
>> {"jsonrpc":"2.0","id":11,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","0xb"]}
<< {"jsonrpc":"2.0","id":11,"result":"0x0"}
// and is in the next block
>> {"jsonrpc":"2.0","id":12,"method":"evm_mine","params":[]}
<< {"jsonrpc":"2.0","id":12,"result":"0x0"}
>> {"jsonrpc":"2.0","id":13,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","0xd"]}
<< {"jsonrpc":"2.0","id":13,"result":"0x9"}

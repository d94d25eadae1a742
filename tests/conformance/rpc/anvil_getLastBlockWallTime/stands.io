// the clock stands; travelling does not move it
>> {"jsonrpc":"2.0","id":1,"method":"anvil_getLastBlockWallTime","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":1700000000000}
>> {"jsonrpc":"2.0","id":2,"method":"evm_increaseTime","params":[1000]}
<< {"jsonrpc":"2.0","id":2,"result":1012}
>> {"jsonrpc":"2.0","id":3,"method":"evm_mine","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":"0x0"}
>> {"jsonrpc":"2.0","id":4,"method":"anvil_getLastBlockWallTime","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":1700000000000}

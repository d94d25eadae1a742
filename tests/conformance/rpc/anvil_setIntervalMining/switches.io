// the timer takes over
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setIntervalMining","params":[3600]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"anvil_getIntervalMining","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":3600}
>> {"jsonrpc":"2.0","id":3,"method":"anvil_getAutomine","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":false}
// off
>> {"jsonrpc":"2.0","id":4,"method":"evm_setIntervalMining","params":[0]}
<< {"jsonrpc":"2.0","id":4,"result":null}
>> {"jsonrpc":"2.0","id":5,"method":"anvil_getIntervalMining","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":null}
>> {"jsonrpc":"2.0","id":6,"method":"anvil_getAutomine","params":[]}
<< {"jsonrpc":"2.0","id":6,"result":false}

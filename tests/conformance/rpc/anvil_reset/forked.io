// chain: forked
// not with Anvil: it would have to fork this node
// another block, then the same node as before, then none
>> {"jsonrpc":"2.0","id":1,"method":"anvil_reset","params":[{"forking":{"blockNumber":5}}]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0x5"}
>> {"jsonrpc":"2.0","id":3,"method":"anvil_reset","params":[{"forking":{"jsonRpcUrl":"{upstream}","blockNumber":"0x7"}}]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":"0x7"}
>> {"jsonrpc":"2.0","id":5,"method":"anvil_reset","params":[{"forking":{"blockNumber":99}}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"{upstream} has no block 0x63: fork one that exists"}}
>> {"jsonrpc":"2.0","id":6,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":6,"result":"0x7"}
>> {"jsonrpc":"2.0","id":7,"method":"anvil_reset","params":[]}
<< {"jsonrpc":"2.0","id":7,"result":null}
>> {"jsonrpc":"2.0","id":8,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":8,"result":"0x0"}

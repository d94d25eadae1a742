// an older block
>> {"jsonrpc":"2.0","id":1,"method":"debug_setHead","params":["0x8"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
// it is the head
>> {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0x8"}
// the head itself
>> {"jsonrpc":"2.0","id":3,"method":"debug_setHead","params":["0x8"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
// the first one
>> {"jsonrpc":"2.0","id":4,"method":"debug_setHead","params":["0x0"]}
<< {"jsonrpc":"2.0","id":4,"result":null}
// nothing is left
>> {"jsonrpc":"2.0","id":5,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":"0x0"}

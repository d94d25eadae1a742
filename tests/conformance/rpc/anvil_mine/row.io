// not with Anvil: it makes each of them, all of its memory long
>> {"jsonrpc":"2.0","id":1,"method":"anvil_mine","params":[100001]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0x186ad"}

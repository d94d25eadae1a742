// not with Anvil: it mines them, all of its memory long
>> {"jsonrpc":"2.0","id":1,"method":"anvil_mine","params":[100001]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"cannot mine 100001 blocks at once: at most 100000; ask several times"}}
>> {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0xc"}

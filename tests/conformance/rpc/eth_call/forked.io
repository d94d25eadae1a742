// chain: forked
// not with Anvil: it would have to fork this node
// at an old block, pretending
>> {"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"},"0x2",{"0x70997970c51812dc3a010c7d01b50e0d17dc79c8":{"code":"0x4360005260206000f3"}}]}
<< {"jsonrpc":"2.0","id":1,"result":"0x0000000000000000000000000000000000000000000000000000000000000002"}

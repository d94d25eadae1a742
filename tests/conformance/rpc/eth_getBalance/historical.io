// before and after block 1
>> {"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8","0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x21e19e0c9bab2400000"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBalance","params":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8","0x1"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x21e27c1806e59a40000"}
// by EIP-1898 object
>> {"jsonrpc":"2.0","id":3,"method":"eth_getBalance","params":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8",{"blockNumber":"0x1"}]}
<< {"jsonrpc":"2.0","id":3,"result":"0x21e27c1806e59a40000"}
>> {"jsonrpc":"2.0","id":4,"method":"eth_getBalance","params":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8",{"blockHash":"{block:1}"}]}
<< {"jsonrpc":"2.0","id":4,"result":"0x21e27c1806e59a40000"}
>> {"jsonrpc":"2.0","id":5,"method":"eth_getBalance","params":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8",{"blockHash":"{block:1}","requireCanonical":true}]}
<< {"jsonrpc":"2.0","id":5,"result":"0x21e27c1806e59a40000"}
// by bare hash
>> {"jsonrpc":"2.0","id":6,"method":"eth_getBalance","params":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8","{block:1}"]}
<< {"jsonrpc":"2.0","id":6,"result":"0x21e27c1806e59a40000"}

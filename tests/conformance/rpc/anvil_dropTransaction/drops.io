// chain: paused
>> {"jsonrpc":"2.0","id":1,"method":"anvil_dropTransaction","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c"}
// again
>> {"jsonrpc":"2.0","id":2,"method":"anvil_dropTransaction","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
>> {"jsonrpc":"2.0","id":3,"method":"txpool_status","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":{"pending":"0x1","queued":"0x1"}}
// by Hardhat's name
>> {"jsonrpc":"2.0","id":4,"method":"hardhat_dropTransaction","params":["{waiting:2}"]}
<< {"jsonrpc":"2.0","id":4,"result":true}
>> {"jsonrpc":"2.0","id":5,"method":"txpool_status","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":{"pending":"0x1","queued":"0x0"}}
// a mined one does not wait
>> {"jsonrpc":"2.0","id":6,"method":"anvil_dropTransaction","params":["{tx:1:0}"]}
<< {"jsonrpc":"2.0","id":6,"result":null}

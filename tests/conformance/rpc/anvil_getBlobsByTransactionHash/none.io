// a transaction without blobs
>> {"jsonrpc":"2.0","id":1,"method":"anvil_getBlobsByTransactionHash","params":["{tx:1:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
// an unknown one
>> {"jsonrpc":"2.0","id":2,"method":"anvil_getBlobsByTransactionHash","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":null}

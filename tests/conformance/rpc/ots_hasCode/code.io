// a contract
>> {"jsonrpc":"2.0","id":1,"method":"ots_hasCode","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","latest"]}
<< {"jsonrpc":"2.0","id":1,"result":true}
// before it was there
>> {"jsonrpc":"2.0","id":2,"method":"ots_hasCode","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x5"]}
<< {"jsonrpc":"2.0","id":2,"result":false}
// a person
>> {"jsonrpc":"2.0","id":3,"method":"ots_hasCode","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","latest"]}
<< {"jsonrpc":"2.0","id":3,"result":false}
// a person who delegated
>> {"jsonrpc":"2.0","id":4,"method":"ots_hasCode","params":["0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc","latest"]}
<< {"jsonrpc":"2.0","id":4,"result":true}
// the block may be left out
>> {"jsonrpc":"2.0","id":5,"method":"ots_hasCode","params":["0xe7f1725e7734ce288f8367e1bb143e90bb3f0512"]}
<< {"jsonrpc":"2.0","id":5,"result":true}
// no such block
>> {"jsonrpc":"2.0","id":6,"method":"ots_hasCode","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x99"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}

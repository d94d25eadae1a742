// a contract
>> {"jsonrpc":"2.0","id":1,"method":"ots_getContractCreator","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"]}
<< {"jsonrpc":"2.0","id":1,"result":{"hash":"0xe909ba357b6f085c1feec08df68e5a1083d29a24a7a51279b948a48110eca9fc","creator":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"}}
// a person
>> {"jsonrpc":"2.0","id":2,"method":"ots_getContractCreator","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
// a person who delegated
>> {"jsonrpc":"2.0","id":3,"method":"ots_getContractCreator","params":["0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
// nobody
>> {"jsonrpc":"2.0","id":4,"method":"ots_getContractCreator","params":["0x2222222222222222222222222222222222222222"]}
<< {"jsonrpc":"2.0","id":4,"result":null}

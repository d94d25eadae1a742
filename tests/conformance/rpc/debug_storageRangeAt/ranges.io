// before the second write, one slot
>> {"jsonrpc":"2.0","id":1,"method":"debug_storageRangeAt","params":["{block:8}","0x0","0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x00","0xa"]}
<< {"jsonrpc":"2.0","id":1,"result":{"storage":{"0x290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563":{"key":"0x0000000000000000000000000000000000000000000000000000000000000000","value":"0x000000000000000000000000000000000000000000000000000000000000002a"}},"nextKey":null}}
// after it, page by page
>> {"jsonrpc":"2.0","id":2,"method":"debug_storageRangeAt","params":["{block:9}",0,"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x",1]}
<< {"jsonrpc":"2.0","id":2,"result":{"storage":{"0x290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563":{"key":"0x0000000000000000000000000000000000000000000000000000000000000000","value":"0x000000000000000000000000000000000000000000000000000000000000002a"}},"nextKey":"0xa9c584056064687e149968cbab758a3376d22aedc6a55823d1b3ecbee81b8fb9"}}
>> {"jsonrpc":"2.0","id":3,"method":"debug_storageRangeAt","params":["{block:9}",0,"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x510e4e770828ddbf7f7b00ab00a9f6adaf81c0dc9cc85f1f8249c256942d61d9",1]}
<< {"jsonrpc":"2.0","id":3,"result":{"storage":{"0xa9c584056064687e149968cbab758a3376d22aedc6a55823d1b3ecbee81b8fb9":{"key":"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff","value":"0x0000000000000000000000000000000000000000000000000000000000000001"}},"nextKey":null}}
// from behind the last
>> {"jsonrpc":"2.0","id":4,"method":"debug_storageRangeAt","params":["{block:9}",0,"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0xff",10]}
<< {"jsonrpc":"2.0","id":4,"result":{"storage":{},"nextKey":null}}
// an account without storage
>> {"jsonrpc":"2.0","id":5,"method":"debug_storageRangeAt","params":["{block:12}",1,"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","0x",10]}
<< {"jsonrpc":"2.0","id":5,"result":{"storage":{},"nextKey":null}}
// no slots asked for
>> {"jsonrpc":"2.0","id":6,"method":"debug_storageRangeAt","params":["{block:9}",0,"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x",0]}
<< {"jsonrpc":"2.0","id":6,"result":{"storage":{},"nextKey":"0x290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563"}}
// the first block
>> {"jsonrpc":"2.0","id":7,"method":"debug_storageRangeAt","params":["0x0",0,"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","0x",10]}
<< {"jsonrpc":"2.0","id":7,"result":{"storage":{},"nextKey":null}}

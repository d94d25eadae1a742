// two slots read and written
>> {"jsonrpc":"2.0","id":1,"method":"eth_createAccessList","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x959ac4840000000000000000000000000000000000000000000000000000000000000005"},"latest"]}
<< {"jsonrpc":"2.0","id":1,"result":{"accessList":[{"address":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","storageKeys":["0x0000000000000000000000000000000000000000000000000000000000000002","0x405787fa12a823e0f2b7631cc41b3ba8828b3321ca811111fa75cd3aa3bb5ace"]}],"gasUsed":"0x108bc"}}
// nothing but the sender and what it calls
>> {"jsonrpc":"2.0","id":2,"method":"eth_createAccessList","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1"},"latest"]}
<< {"jsonrpc":"2.0","id":2,"result":{"accessList":[],"gasUsed":"0x5208"}}
// a call that fails has one too
>> {"jsonrpc":"2.0","id":3,"method":"eth_createAccessList","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x0165878a594ca255338adfa4d48449f69242eb8f","data":"0x75f19a5d"},"latest"]}
<< {"jsonrpc":"2.0","id":3,"result":{"accessList":[{"address":"0x0165878a594ca255338adfa4d48449f69242eb8f","storageKeys":["0x0000000000000000000000000000000000000000000000000000000000000000"]}],"gasUsed":"0xb271","error":"execution reverted: out of luck"}}
// what is given stays
>> {"jsonrpc":"2.0","id":4,"method":"eth_createAccessList","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245","accessList":[{"address":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","storageKeys":["0x0000000000000000000000000000000000000000000000000000000000000001"]}]},"latest"]}
<< {"jsonrpc":"2.0","id":4,"result":{"accessList":[{"address":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","storageKeys":["0x0000000000000000000000000000000000000000000000000000000000000001"]},{"address":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","storageKeys":["0x0000000000000000000000000000000000000000000000000000000000000000"]}],"gasUsed":"0x753e"}}

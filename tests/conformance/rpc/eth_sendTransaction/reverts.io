// a transaction that fails is mined, not refused: without gas
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x0165878a594ca255338adfa4d48449f69242eb8f","data":"0x75f19a5d"}]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionReceipt","params":["{answer:1}"]}

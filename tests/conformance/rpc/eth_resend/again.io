// chain: paused
// at a higher price
>> {"jsonrpc":"2.0","id":1,"method":"eth_resend","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":"0x8"},"0x2540be400"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x246e25d6d8d83f719164cb00b1e27af29e009a28b1b515a71a2031661abd703a"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionByHash","params":["{answer:1}"]}
<< {"jsonrpc":"2.0","id":2,"result":{"type":"0x2","hash":"0x246e25d6d8d83f719164cb00b1e27af29e009a28b1b515a71a2031661abd703a","nonce":"0x8","from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x1e8480","gasPrice":"0x2540be400","input":"0x","v":"0x1","r":"0xc64213fcb7e107cb366196808f77c990bba8fc4de74d1148be5e0cc82df84507","s":"0x320c736a859ef1b0e6832914232efbb74690d80489b520291f9a008788889dc1","chainId":"0x7a69","yParity":"0x1","accessList":[],"maxFeePerGas":"0x2540be400","maxPriorityFeePerGas":"0x2540be400","blockHash":null,"blockNumber":null,"transactionIndex":null}}
// the one before is gone
>> {"jsonrpc":"2.0","id":3,"method":"eth_getTransactionByHash","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
// with more gas and a higher price, of what is like the request
>> {"jsonrpc":"2.0","id":4,"method":"eth_resend","params":[{"from":"0x90f79bf6eb2c4f870365e785982e1f101e93b906","nonce":1,"data":"0x00"},"0x2540be400","0x1e8481"]}
<< {"jsonrpc":"2.0","id":4,"result":"0x402cd53edbaa34a7edb9a141ec4dc981e52656862f860d9c62e64fdc49d39ceb"}
>> {"jsonrpc":"2.0","id":5,"method":"txpool_status","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":{"pending":"0x2","queued":"0x1"}}

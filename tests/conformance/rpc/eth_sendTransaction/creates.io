>> {"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{"from":"0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc","data":"0x602a5f5260205ff3"}]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionReceipt","params":["{answer:1}"]}

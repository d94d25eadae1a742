>> {"jsonrpc":"2.0","id":1,"method":"personal_importRawKey","params":["0x4242424242424242424242424242424242424242424242424242424242424242","password"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x17c5185167401ed00cf5f5b2fc97d9bbfdb7d025"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_accounts","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","0x70997970c51812dc3a010c7d01b50e0d17dc79c8","0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc","0x90f79bf6eb2c4f870365e785982e1f101e93b906","0x15d34aaf54267db7d7c367839aaf71a00a2c6a65","0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc","0x976ea74026e726554db657fa54763abd0c3a0aa9","0x14dc79964da2c08b23698b3d3cc7ca32193d9955","0x23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f","0xa0ee7a142d267c1f36714e4a8f75612f20a79720","0x17c5185167401ed00cf5f5b2fc97d9bbfdb7d025"]}
>> {"jsonrpc":"2.0","id":3,"method":"eth_sign","params":["{answer:1}","0xdeadbeef"]}
<< {"jsonrpc":"2.0","id":3,"result":"0x3794e162ed9ef3c34d602a0f8b2ebf8fbd22062a87a871bab1026366e231df936970a143b279f25e467afca72f609cd7d5a603cb75ee669b45f38b2869828b3e1c"}

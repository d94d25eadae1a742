>> {"jsonrpc":"2.0","id":1,"method":"personal_importRawKey","params":["0x4242424242424242424242424242424242424242424242424242424242424242","password"]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_accounts","params":[]}
>> {"jsonrpc":"2.0","id":3,"method":"eth_sign","params":["{answer:1}","0xdeadbeef"]}

// an address is impersonated
>> {"jsonrpc":"2.0","id":1,"method":"evm_addAccount","params":["0x2222222222222222222222222222222222222222","password"]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_accounts","params":[]}
// a key is held
>> {"jsonrpc":"2.0","id":3,"method":"evm_addAccount","params":["0x4242424242424242424242424242424242424242424242424242424242424242"]}
>> {"jsonrpc":"2.0","id":4,"method":"eth_accounts","params":[]}

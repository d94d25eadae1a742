// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"megadev_salt_status","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"mode":"fixed","capacities":{}}}

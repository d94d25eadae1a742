// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"megadev_salt_setCapacities","params":[{"70000":512}]}
<< {"jsonrpc":"2.0","id":1,"result":{"mode":"fixed","capacities":{"0x11170":"0x200"}}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_salt_status","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":{"mode":"fixed","capacities":{"0x11170":"0x200"}}}

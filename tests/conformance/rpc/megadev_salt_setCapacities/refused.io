// chain: megaeth
// no capacity, no object
>> {"jsonrpc":"2.0","id":1,"method":"megadev_salt_setCapacities","params":[{"70000":3}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid capacity 3 of bucket 70000: must be between 256 and 1099511627776"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_salt_setCapacities","params":[7]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (sizes): expected an object of buckets and capacities, got 7"}}

// chain: bridged
>> {"jsonrpc":"2.0","id":1,"method":"megadev_setRespectedGameType","params":["0x7"]}
<< {"jsonrpc":"2.0","id":1,"result":{"respectedGameType":"0x7","guardian":"0xb96c76299e0bf2cbf95dc1fd0f2c8ec2baf5299d","games":[]}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_setRespectedGameType","params":[8]}
<< {"jsonrpc":"2.0","id":2,"result":{"respectedGameType":"0x8","guardian":"0xb96c76299e0bf2cbf95dc1fd0f2c8ec2baf5299d","games":[]}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_setRespectedGameType","params":["0xffffffff"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (game_type): expected a game type (a number below 4294967295), got '0xffffffff'"}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_setRespectedGameType","params":["seven"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (game_type): expected a quantity (0x hex or number, below 2**64), got \"seven\""}}

// no token there
>> {"jsonrpc":"2.0","id":1,"method":"anvil_dealERC20","params":["0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc","0x2222222222222222222222222222222222222222","0x64"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no token at 0x2222222222222222222222222222222222222222: it has no code"}}
// no token's code
>> {"jsonrpc":"2.0","id":2,"method":"anvil_dealERC20","params":["0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc","0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x64"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"no token at 0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9: balanceOf fails or does not return a number"}}
// less than nothing
>> {"jsonrpc":"2.0","id":3,"method":"anvil_dealERC20","params":["0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc","0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9",-1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 2 (amount): expected a quantity (0x hex or number, below 2**256), got -1"}}
// a short address
>> {"jsonrpc":"2.0","id":4,"method":"anvil_dealERC20","params":["0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc","0x1234","0x64"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 1 (token): expected a 20-byte address (0x and 40 hex digits), got \"0x1234\""}}
// no amount
>> {"jsonrpc":"2.0","id":5,"method":"anvil_dealERC20","params":["0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc","0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"missing value for required argument 2 (amount)"}}
// too many
>> {"jsonrpc":"2.0","id":6,"method":"anvil_dealERC20","params":["0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc","0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x1",1]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"too many arguments, want at most 3, got 4"}}

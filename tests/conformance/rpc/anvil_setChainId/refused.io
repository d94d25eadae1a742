// none
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setChainId","params":[0]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"a chain id must be in [1, 2**63), got 0"}}
// not a number
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setChainId","params":["mainnet"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (chain_id): expected a quantity (0x hex or number, below 2**64), got \"mainnet\""}}
// nothing
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setChainId","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (chain_id)"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setChainId","params":[1,1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
>> {"jsonrpc":"2.0","id":5,"method":"eth_chainId","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":"0x7a69"}

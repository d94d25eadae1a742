// no call
>> {"jsonrpc":"2.0","id":1,"method":"eth_call","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (call)"}}
// not an object
>> {"jsonrpc":"2.0","id":2,"method":"eth_call","params":["0x1","latest"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (call): expected an object, got \"0x1\""}}
// a short address
>> {"jsonrpc":"2.0","id":3,"method":"eth_call","params":[{"to":"0x1234"},"latest"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (call).to: expected a 20-byte address (0x and 40 hex digits), got \"0x1234\""}}
// odd hex
>> {"jsonrpc":"2.0","id":4,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x123"},"latest"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (call).data: expected bytes (0x and an even number of hex digits), got \"0x123\""}}
// data and input that differ
>> {"jsonrpc":"2.0","id":5,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x12","input":"0x34"},"latest"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 0 (call): data and input are both given and differ: send one of them"}}
// both kinds of fees
>> {"jsonrpc":"2.0","id":6,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","gasPrice":"0x77359400","maxFeePerGas":"0x77359400"},"latest"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"invalid argument 0 (call): both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified: send one kind"}}
// another chain
>> {"jsonrpc":"2.0","id":7,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","chainId":"0x1"},"latest"]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"chainId 1 does not match the node's: 31337"}}
// no such tag
>> {"jsonrpc":"2.0","id":8,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"},"newest"]}
<< {"jsonrpc":"2.0","id":8,"error":{"code":-32602,"message":"invalid argument 1 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, a 32-byte hash, or an object with blockNumber or blockHash, got \"newest\""}}
// a future block
>> {"jsonrpc":"2.0","id":9,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"},"0x99"]}
<< {"jsonrpc":"2.0","id":9,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
// an unknown hash
>> {"jsonrpc":"2.0","id":10,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"},{"blockHash":"0x1111111111111111111111111111111111111111111111111111111111111111"}]}
<< {"jsonrpc":"2.0","id":10,"error":{"code":-32000,"message":"header not found: no block 0x1111111111111111111111111111111111111111111111111111111111111111, the chain's head is block 12"}}
// both kinds of storage override
>> {"jsonrpc":"2.0","id":11,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"},"latest",{"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9":{"state":{},"stateDiff":{}}}]}
<< {"jsonrpc":"2.0","id":11,"error":{"code":-32000,"message":"both 'state' and 'stateDiff' are given: state replaces all storage, so send one"}}
// an unknown block override
>> {"jsonrpc":"2.0","id":12,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"},"latest",{},{"colour":"0x1"}]}
<< {"jsonrpc":"2.0","id":12,"error":{"code":-32602,"message":"invalid argument 3 (block_overrides): unknown field \"colour\": this object knows number, time, gasLimit, feeRecipient, prevRandao, baseFeePerGas, blobBaseFee, blockHash, difficulty"}}
// too many
>> {"jsonrpc":"2.0","id":13,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"},"latest",{},{},1]}
<< {"jsonrpc":"2.0","id":13,"error":{"code":-32602,"message":"too many arguments, want at most 4, got 5"}}

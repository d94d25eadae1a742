// a price that is met
>> {"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245","gasPrice":"0x77359400","gas":"0x186a0"},"latest"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
// a price below the base fee
>> {"jsonrpc":"2.0","id":2,"method":"eth_call","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245","gasPrice":"0x1"},"latest"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32003,"message":"max fee per gas less than block base fee: address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266, maxFeePerGas: 1, baseFee: 203989133"}}
// a tip above the fee
>> {"jsonrpc":"2.0","id":3,"method":"eth_call","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245","maxFeePerGas":"0x77359400","maxPriorityFeePerGas":"0x77359401"},"latest"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32003,"message":"max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas 2000000001, maxFeePerGas 2000000000"}}
// value that is not there
>> {"jsonrpc":"2.0","id":4,"method":"eth_call","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1"},"latest"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32003,"message":"insufficient funds for transfer: address 0x2222222222222222222222222222222222222222 have 0 want 1"}}
// gas that cannot be paid for
>> {"jsonrpc":"2.0","id":5,"method":"eth_call","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245","gasPrice":"0x77359400","gas":"0x186a0"},"latest"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32003,"message":"insufficient funds for gas * price + value: address 0x2222222222222222222222222222222222222222 have 0 want 200000000000000"}}
// too little gas to begin
>> {"jsonrpc":"2.0","id":6,"method":"eth_call","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245","gas":"0x5208"},"latest"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32000,"message":"intrinsic gas too low: gas 21000, minimum needed 21064"}}

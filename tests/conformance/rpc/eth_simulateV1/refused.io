// nothing to simulate
>> {"jsonrpc":"2.0","id":1,"method":"eth_simulateV1","params":[{"blockStateCalls":[]},"latest"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"empty input: blockStateCalls needs at least one block"}}
// no payload
>> {"jsonrpc":"2.0","id":2,"method":"eth_simulateV1","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"missing value for required argument 0 (payload)"}}
// blocks out of order
>> {"jsonrpc":"2.0","id":3,"method":"eth_simulateV1","params":[{"blockStateCalls":[{"blockOverrides":{"number":"0x14"}},{"blockOverrides":{"number":"0x13"}}]},"latest"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-38020,"message":"block numbers must be in order: 19 <= 20"}}
// times out of order
>> {"jsonrpc":"2.0","id":4,"method":"eth_simulateV1","params":[{"blockStateCalls":[{"blockOverrides":{"time":"0x1"}}]},"latest"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-38021,"message":"block timestamps must be in order: 1 <= 1700000012"}}
// further ahead than may be
>> {"jsonrpc":"2.0","id":5,"method":"eth_simulateV1","params":[{"blockStateCalls":[{"blockOverrides":{"number":"0x99999"}}]},"latest"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-38026,"message":"too many blocks: block 629145 is 629133 blocks after its base, at most 256 can be simulated"}}
// a wrong nonce, where transactions are validated
>> {"jsonrpc":"2.0","id":6,"method":"eth_simulateV1","params":[{"blockStateCalls":[{"calls":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","nonce":"0x0","maxFeePerGas":"0x77359400"}]}],"validation":true},"latest"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-38010,"message":"nonce too low: next nonce 8, tx nonce 0 (address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266) (simulated block 13, call 0)"}}
// a fee below the base fee, where transactions are validated
>> {"jsonrpc":"2.0","id":7,"method":"eth_simulateV1","params":[{"blockStateCalls":[{"calls":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","maxFeePerGas":"0x1"}]}],"validation":true},"latest"]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-38012,"message":"max fee per gas less than block base fee: address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266, maxFeePerGas: 1, baseFee: 178604461 (simulated block 13, call 0)"}}
// value that is not there
>> {"jsonrpc":"2.0","id":8,"method":"eth_simulateV1","params":[{"blockStateCalls":[{"calls":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1"}]}]},"latest"]}
<< {"jsonrpc":"2.0","id":8,"error":{"code":-38014,"message":"insufficient funds for transfer: address 0x2222222222222222222222222222222222222222 have 0 want 1 (simulated block 13, call 0)"}}
// too little gas to begin
>> {"jsonrpc":"2.0","id":9,"method":"eth_simulateV1","params":[{"blockStateCalls":[{"calls":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","gas":"0x5207"}]}]},"latest"]}
<< {"jsonrpc":"2.0","id":9,"error":{"code":-38013,"message":"intrinsic gas too low: gas 20999, minimum needed 21000 (simulated block 13, call 0)"}}
// a future block
>> {"jsonrpc":"2.0","id":10,"method":"eth_simulateV1","params":[{"blockStateCalls":[{}]},"0x99"]}
<< {"jsonrpc":"2.0","id":10,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
// too many
>> {"jsonrpc":"2.0","id":11,"method":"eth_simulateV1","params":[{"blockStateCalls":[{}]},"latest",1]}
<< {"jsonrpc":"2.0","id":11,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}

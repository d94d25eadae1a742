// a call
>> {"jsonrpc":"2.0","id":1,"method":"trace_transactionOpcodeGas","params":["{tx:7:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":{"transactionHash":"0xbd8d7b4a11e37dd7bd0565d0b68762d608705e747569fc99a54ee801c63e0a35","opcodeGas":[{"opcode":"PUSH1","count":6,"gasUsed":18},{"opcode":"MSTORE","count":1,"gasUsed":12},{"opcode":"CALLVALUE","count":1,"gasUsed":2},{"opcode":"DUP1","count":5,"gasUsed":15},{"opcode":"ISZERO","count":2,"gasUsed":6},{"opcode":"PUSH2","count":10,"gasUsed":30},{"opcode":"JUMPI","count":7,"gasUsed":70},{"opcode":"JUMPDEST","count":8,"gasUsed":8},{"opcode":"POP","count":3,"gasUsed":6},{"opcode":"CALLDATASIZE","count":2,"gasUsed":4},{"opcode":"LT","count":1,"gasUsed":3},{"opcode":"PUSH0","count":3,"gasUsed":6},{"opcode":"CALLDATALOAD","count":2,"gasUsed":6},{"opcode":"SHR","count":1,"gasUsed":3},{"opcode":"PUSH4","count":4,"gasUsed":12},{"opcode":"GT","count":3,"gasUsed":9},{"opcode":"EQ","count":1,"gasUsed":3},{"opcode":"JUMP","count":3,"gasUsed":24},{"opcode":"DUP3","count":1,"gasUsed":3},{"opcode":"DUP5","count":1,"gasUsed":3},{"opcode":"SUB","count":1,"gasUsed":3},{"opcode":"SLT","count":1,"gasUsed":3},{"opcode":"SWAP2","count":1,"gasUsed":3},{"opcode":"SWAP1","count":1,"gasUsed":3},{"opcode":"SSTORE","count":1,"gasUsed":22100},{"opcode":"STOP","count":1,"gasUsed":0}]}}
// a transfer runs nothing
>> {"jsonrpc":"2.0","id":2,"method":"trace_transactionOpcodeGas","params":["{tx:2:0}"]}
<< {"jsonrpc":"2.0","id":2,"result":{"transactionHash":"0x672deb1b7a6f69b84a2ab554618ba6a5e915c2071b7cec33613fec7c9f573c76","opcodeGas":[]}}
// one that nobody sent
>> {"jsonrpc":"2.0","id":3,"method":"trace_transactionOpcodeGas","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":3,"result":null}

>> {"jsonrpc":"2.0","id":1,"method":"anvil_metadata","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"clientVersion":"anvil/v1.7.1/megadev/0.1.0","clientSemver":"0.1.0","clientCommitSha":null,"chainId":31337,"instanceId":"0xcd072cd8be6f9f62ac4c09c28206e7e35594aa6b342f5d0a3a5e4842fab428f7","latestBlockNumber":12,"latestBlockHash":"0x72328b42d9e9d21ef7b8be9dd6c66a951f517628b03518c11c4e6347e3df76e6","forkedNetwork":null,"snapshots":{}}}
// by Hardhat's name
>> {"jsonrpc":"2.0","id":2,"method":"hardhat_metadata","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":{"clientVersion":"anvil/v1.7.1/megadev/0.1.0","chainId":31337,"instanceId":"0xcd072cd8be6f9f62ac4c09c28206e7e35594aa6b342f5d0a3a5e4842fab428f7","latestBlockNumber":12,"latestBlockHash":"0x72328b42d9e9d21ef7b8be9dd6c66a951f517628b03518c11c4e6347e3df76e6"}}

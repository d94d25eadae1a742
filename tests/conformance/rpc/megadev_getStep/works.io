// no artifacts: code without sources
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getStep","params":["{tx:10:0}","0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":{"pc":0,"op":96,"gas":1978936,"depth":0,"stack":[],"memory":"0x","returnData":"0x","storage":{},"transient":{}}}

// no artifacts: code without sources
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getStep","params":["{tx:10:0}","0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":{"pc":0,"op":96,"gas":1978936,"depth":0,"stack":[],"memory":"0x","returnData":"0x","storage":{},"transient":{},"functions":[{"contract":null,"function":"0x75f19a5d","address":"0x0165878a594ca255338adfa4d48449f69242eb8f","source":null,"line":null}]}}
